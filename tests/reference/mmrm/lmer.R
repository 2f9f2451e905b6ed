# Random intercepts, which are compound symmetry with a positive covariance: Kenward-Roger by
# pbkrtest, Satterthwaite by lmerTest, degrees of freedom by levels of grouping by nlme::lme.
# Rscript lmer.R OPEN_DATA HERE OUT
suppressPackageStartupMessages({
  library(lmerTest)
  library(pbkrtest)
})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "studies.R"))

fit <- function(study, method) {
  lmer(update(study$fixed, . ~ . + (1 | s)), study$data,
    REML = method == "REML",
    control = lmerControl(optimizer = "nloptwrap", optCtrl = list(
      algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-12, ftol_abs = 1e-13, xtol_rel = 0, ftol_rel = 0,
      maxeval = 1e5
    ))
  )
}

put_fit <- function(object, study, method) {
  put("cs", method, "loglik", "", as.numeric(logLik(object)))
  between <- as.numeric(VarCorr(object)$s)
  put("cs", method, "theta", "covariance", between)
  put("cs", method, "theta", "residual variance", sigma(object)^2)
  table <- summary(object, ddf = "Satterthwaite")$coefficients
  for (term in rownames(table)) {
    put("cs", method, "coef", term, table[term, "Estimate"])
    put("cs", method, "satterthwaite se", term, table[term, "Std. Error"])
    put("cs", method, "satterthwaite df", term, table[term, "df"])
  }
}

# Rows of the identity for each term of the formula: the test that all its coefficients are zero.
put_tests <- function(object) {
  adjusted <- vcovAdj(object)
  put_matrix("cs", "REML", "kenward-roger vcov", as.matrix(adjusted), names(fixef(object)))
  satterthwaite <- function(L) unlist(contestMD(object, L)[c("F value", "DenDF")])
  assigned <- attr(model.matrix(object), "assign")
  labels <- attr(terms(object), "term.labels")
  identity <- diag(length(assigned))
  for (i in seq_along(assigned)) {
    df <- Lb_ddf(identity[i, ], vcov(object), adjusted)
    put("cs", "REML", "kenward-roger df", names(fixef(object))[i], df)
  }
  for (term in seq_along(labels)) {
    L <- identity[assigned == term, , drop = FALSE]
    test <- KRmodcomp(object, L)$test
    put("cs", "REML", "kenward-roger F", labels[term], test["Ftest", "stat"])
    put("cs", "REML", "kenward-roger F df", labels[term], test["Ftest", "ddf"])
    other <- satterthwaite(L)
    put("cs", "REML", "satterthwaite F", labels[term], other[1])
    put("cs", "REML", "satterthwaite F df", labels[term], other[2])
  }
}

put_levels <- function(study) {
  df <- nlme::lme(study$fixed, study$data, random = ~ 1 | s)$fixDF$X
  for (term in names(df)) put("cs", "REML", "between-within df", term, df[term])
}

given <- arguments()
studies <- read_studies(given$open_data, given$here)
for (name in names(studies)) {
  study <- studies[[name]]
  for (method in c("REML", "ML")) attempt("cs", method, put_fit(fit(study, method), study, method))
  attempt("cs", "REML", put_tests(fit(study, "REML")))
  attempt("cs", "REML", put_levels(study))
  write_listing(given$out, paste0("lmer_", name), c("lme4", "lmerTest", "pbkrtest", "nlme"), c(
    paste(study$origin, "no other seed is used", sep = "; "),
    paste("lmer(", deparse1(study$fixed), "+ (1 | s), REML); lmer.R"),
    "vcovAdj, Lb_ddf, KRmodcomp; summary(ddf = 'Satterthwaite'), contestMD"
  ))
}
