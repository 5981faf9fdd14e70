# Reference values from R for tests/reliability/test_reference.py.
#   apt-get install r-base-core r-cran-psych r-cran-epir
#   python matrices.py && Rscript reference.R . reference.csv
#   python upstream.py SHEETS /tmp/upstream && Rscript reference.R /tmp/upstream upstream.csv
# psych::ICC with lmer = TRUE can stop short of convergence without saying so: lmer = FALSE uses
# the analysis of variance.
suppressPackageStartupMessages({
  library(psych)
  library(epiR)
})
options(digits = 17, warn = 2)

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
written <- arguments[2]

rows <- list()
put <- function(matrix, statistic, value) {
  rows[[length(rows) + 1]] <<- data.frame(
    matrix = matrix, statistic = statistic, value = sprintf("%.15g", value)
  )
}

# The analysis of variance of thousands of targets, without a factor of thousands of levels.
large_icc <- function(name, x) {
  n <- nrow(x)
  k <- ncol(x)
  ms_targets <- k * sum((rowMeans(x) - mean(x))^2) / (n - 1)
  ms_raters <- n * sum((colMeans(x) - mean(x))^2) / (k - 1)
  within <- sum((x - mean(x))^2) - ms_targets * (n - 1) - ms_raters * (k - 1)
  ms_residual <- within / ((n - 1) * (k - 1))
  put(name, "icc_c1", (ms_targets - ms_residual) / (ms_targets + (k - 1) * ms_residual))
  put(name, "icc_a1", (ms_targets - ms_residual) /
    (ms_targets + (k - 1) * ms_residual + k * (ms_raters - ms_residual) / n))
}

small_icc <- function(name, x) {
  fit <- ICC(x, missing = FALSE, lmer = FALSE)$results
  for (pair in list(
    c("ICC2", "icc_a1"), c("ICC3", "icc_c1"), c("ICC2k", "icc_ak"), c("ICC3k", "icc_ck")
  )) {
    row <- fit[fit$type == pair[1], ]
    put(name, pair[2], row$ICC)
    put(name, paste0(pair[2], "_low"), row$`lower bound`)
    put(name, paste0(pair[2], "_high"), row$`upper bound`)
  }
}

files <- list.files(folder, pattern = "[.]csv$")
for (file in setdiff(files, c("reference.csv", "upstream.csv"))) {
  name <- sub("[.]csv$", "", file)
  x <- as.matrix(read.csv(file.path(folder, file), na.strings = c("nan", "NA")))
  x <- x[complete.cases(x), , drop = FALSE]
  put(name, "n_targets", nrow(x))
  if (nrow(x) > 1000) large_icc(name, x) else small_icc(name, x)
  if (ncol(x) != 2) next
  h <- x[, 1]
  j <- x[, 2]
  n <- length(h)
  put(name, "pearson", cor(h, j))
  put(name, "spearman", cor(h, j, method = "spearman"))
  if (n <= 1000) put(name, "kendall", cor(h, j, method = "kendall"))
  # Warnings are errors here, but epi.ccc computes an unneeded interval that may warn.
  ccc <- suppressWarnings(epi.ccc(h, j, ci = "z-transform"))
  put(name, "ccc", ccc$rho.c$est)
  put(name, "bias", mean(j - h))
  put(name, "mae", mean(abs(j - h)))
  put(name, "mse", mean((j - h)^2))
  put(name, "rmse", sqrt(mean((j - h)^2)))
  put(name, "limits_low", mean(j - h) - 1.96 * sd(j - h))
  put(name, "limits_high", mean(j - h) + 1.96 * sd(j - h))
  if (all(x %in% 1:5)) {
    w <- outer(1:5, 1:5, function(a, b) 1 - (a - b)^2 / 16)
    table <- table(factor(h, levels = 1:5), factor(j, levels = 1:5))
    kappa <- suppressWarnings(cohen.kappa(as.matrix(unclass(table)), w = w, n.obs = n))
    put(name, "kappa", kappa$weighted.kappa)
  }
}
write.csv(do.call(rbind, rows), written, row.names = FALSE, quote = FALSE)
cat(R.version.string, "psych", as.character(packageVersion("psych")),
    "epiR", as.character(packageVersion("epiR")), "\n")
