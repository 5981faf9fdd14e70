# Severities and thresholds by conditional maximum likelihood, for tests/reliability/test_facets.py.
#   apt-get install r-base-core r-cran-erm
#   python made.py && Rscript facets.R > facets_reference.csv
# Raters stand where eRm has items, replies where it has persons.
suppressPackageStartupMessages(library(eRm))
cat("data,statistic,value\n")
for (name in c("facets_whole", "facets_gaps")) {
  x <- as.matrix(read.csv(paste0(name, ".csv"), na.strings = c("nan", "NA"))) - 1
  x <- x[rowSums(!is.na(x)) >= 2, ]
  fit <- RSM(x)
  k <- ncol(x)
  m <- max(x, na.rm = TRUE)
  # eRm gives each rater's easiness per category, summed: the last one is m times its location.
  last <- m * seq_len(k)
  centred <- diag(k) - 1 / k
  location <- -as.numeric(fit$betapar)[last] / m
  covariance <- centred %*% fit$W[last, ] %*% solve(fit$hessian) %*% t(fit$W[last, ]) %*% centred / m^2
  steps <- diff(c(0, -as.numeric(fit$betapar)[1:m])) - location[1]
  put <- function(s, v) cat(sprintf("%s,%s,%.10g\n", name, s, v))
  for (r in seq_len(k)) {
    put(paste0("severity_", r), location[r] - mean(location))
    put(paste0("severity_se_", r), sqrt(covariance[r, r]))
  }
  for (h in seq_len(m)) put(paste0("threshold_", h), steps[h])
  put("log_likelihood", fit$loglik)
}
