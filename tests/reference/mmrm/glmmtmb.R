# glmmTMB without residual variance: random effects of the visits have the covariance.
# Rscript glmmtmb.R OPEN_DATA HERE OUT
# Its us, cs, toep have a variance for each visit, its ar1 has one. Its standard errors are not
# listed: they hold the uncertainty of the covariance too, from a numeric Hessian.
suppressPackageStartupMessages(library(glmmTMB))
dummy <- lme4::dummy
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "studies.R"))

random <- c(
  us = "us(f + 0 | s)", csh = "cs(f + 0 | s)", toeph = "toep(f + 0 | s)", ar1 = "ar1(f + 0 | s)",
  grouped = "us(dummy(g, %s):f + 0 | s) + us(dummy(g, %s):f + 0 | s)"
)

fit <- function(kind, study, method) {
  part <- random[[kind]]
  if (kind == "grouped") {
    groups <- sprintf("\"%s\"", levels(study$data$g))
    part <- sprintf(part, groups[1], groups[2])
  }
  formula <- as.formula(paste(deparse1(study$fixed), "+", part))
  glmmTMB(formula, study$data,
    dispformula = ~0, REML = method == "REML",
    control = glmmTMBControl(optCtrl = list(iter.max = 1e4, eval.max = 1e4, rel.tol = 1e-14))
  )
}

given <- arguments()
studies <- read_studies(given$open_data, given$here)
for (name in names(studies)) {
  study <- studies[[name]]
  for (method in c("REML", "ML")) {
    for (kind in names(random)) attempt(kind, method, {
      # Too few subjects in an arm for a covariance of its own.
      if (kind == "grouped" && name %in% c("small", "complete")) next
      object <- suppressWarnings(fit(kind, study, method))
      put(kind, method, "loglik", "", -object$fit$objective)
      put(kind, method, "gradient", "", max(abs(object$sdr$gradient.fixed)))
      estimate <- fixef(object)$cond
      for (term in names(estimate)) put(kind, method, "coef", term, estimate[term])
      covariance <- VarCorr(object)$cond
      # Its own log-likelihood has the rounding of a residual variance that is nearly zero.
      put(kind, method, "exact loglik", "", exact_loglik(study, covariance, method == "REML"))
      for (i in seq_along(covariance)) {
        quantity <- if (kind == "grouped") paste("cov", levels(study$data$g)[i]) else "cov"
        put_matrix(kind, method, quantity, covariance[[i]], levels(study$data$f))
      }
    })
  }
  write_listing(given$out, paste0("glmmtmb_", name), c("glmmTMB", "TMB"), c(
    paste(study$origin, "no other seed is used", sep = "; "),
    paste("glmmTMB(", deparse1(study$fixed), "+ covariance, dispformula = ~0, REML); glmmtmb.R")
  ))
}
