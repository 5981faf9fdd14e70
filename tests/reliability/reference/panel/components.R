# Variance components by restricted maximum likelihood, for tests/reliability/test_panel_components.py.
#   apt-get install r-base-core r-cran-lme4
#   python made.py && Rscript components.R > components_reference.csv
suppressPackageStartupMessages(library(lme4))
cat("data,model,source,variance\n")
for (name in c("components_whole", "components_gaps")) {
  x <- read.csv(paste0(name, ".csv"))
  for (v in c("conversation", "system", "rater")) x[[v]] <- factor(x[[v]])
  x$item <- interaction(x$conversation, x$system, drop = TRUE)
  for (model in c("crossed", "items")) {
    formula <- if (model == "crossed") {
      rating ~ (1 | conversation) + (1 | system) + (1 | rater) + (1 | conversation:system) +
        (1 | conversation:rater) + (1 | system:rater)
    } else {
      rating ~ (1 | item) + (1 | rater)
    }
    fit <- lmer(formula, x, control = lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9)))
    v <- as.data.frame(VarCorr(fit))
    cat(sprintf("%s,%s,%s,%.10g\n", name, model, v$grp, v$vcov), sep = "")
  }
}
