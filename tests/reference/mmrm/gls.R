# nlme::gls: every covariance, REML and ML; emmeans and clubSandwich on its fits.
# Rscript gls.R OPEN_DATA HERE OUT
suppressPackageStartupMessages({
  library(nlme)
  library(emmeans)
  library(clubSandwich)
})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
source(file.path(here, "studies.R"))

# Toeplitz correlations of K visits are those of an autoregression of order K - 1.
correlation <- function(kind, study) {
  switch(kind,
    us = corSymm(form = ~ v | s),
    cs = corCompSymm(form = ~ 1 | s),
    ar1 = corAR1(form = ~ v | s),
    toep = corARMA(form = ~ v | s, p = study$n_visits - 1),
    sp_exp = corExp(form = as.formula(paste("~", as.character(study$time)[2], "| s"))),
    ad = corCAR1(form = ~ latent | s)
  )
}

fit <- function(kind, study, method, weighted = FALSE, apVar = FALSE) {
  base <- sub("h$", "", kind)
  by_visit <- if (kind == "us" || base != kind) varIdent(form = ~ 1 | f)
  by_weight <- if (weighted) varFixed(~ I(1 / w))
  variance <- by_visit
  if (weighted) variance <- if (is.null(by_visit)) by_weight else varComb(by_visit, by_weight)
  # clubSandwich and emmeans look for the table by its name.
  assign("rows_used", study$data, envir = globalenv())
  do.call("gls", list(
    study$fixed, data = quote(rows_used), method = method,
    correlation = correlation(base, study), weights = variance,
    control = glsControl(maxIter = 500, msMaxIter = 2000, tolerance = 1e-12, apVar = apVar,
      natural = FALSE)
  ))
}

# Ante-dependence is an autoregression in continuous time whose gaps between visits are estimated:
# the first gap is one, the others are found by maximising the likelihood over their logarithms.
fit_ad <- function(kind, study, method) {
  at <- function(gaps) {
    study$data$latent <- cumsum(c(0, 1, exp(gaps)))[study$data$v]
    fit(kind, study, method)
  }
  start <- rep(0, study$n_visits - 2)
  found <- nlminb(start, function(g) -as.numeric(logLik(at(g))), lower = -6, upper = 4)
  at(found$par)
}

# Covariance of the visits of a subject: correlations of one who has them all, standard deviations.
covariance_of <- function(object, study) {
  structure <- object$modelStruct
  complete <- names(which(table(study$data$s) == study$n_visits))[1]
  deviation <- rep(object$sigma, study$n_visits)
  ident <- structure$varStruct
  if (inherits(ident, "varComb")) ident <- Find(function(part) inherits(part, "varIdent"), ident)
  if (inherits(ident, "varIdent")) {
    ratio <- coef(ident, unconstrained = FALSE, allCoef = TRUE)
    deviation <- deviation * ratio[levels(study$data$f)]
  }
  corMatrix(structure$corStruct)[[complete]] * outer(deviation, deviation)
}

put_fit <- function(object, study, kind, method) {
  put(kind, method, "loglik", "", as.numeric(logLik(object)))
  terms <- names(coef(object))
  for (term in terms) put(kind, method, "coef", term, coef(object)[term])
  put_variance(kind, method, vcov(object), terms)
  if (kind == "sp_exp") {
    put(kind, method, "theta", "variance", object$sigma^2)
    reach <- coef(object$modelStruct$corStruct, unconstrained = FALSE)
    put(kind, method, "theta", "range", reach[1])
  } else {
    put_matrix(kind, method, "cov", covariance_of(object, study), levels(study$data$f))
  }
}

# Covariance of the parameters from the second derivatives of the exact log-likelihood, in the
# parameters of nlme, log sigma last. nlme's own, apVar, is from coarse differences.
parameter_covariance <- function(object, study) {
  at <- function(par) {
    moved <- object
    moved$modelStruct <- nlme::`coef<-`(object$modelStruct, value = par[-length(par)])
    moved$sigma <- exp(par[length(par)])
    exact_loglik(study, list(covariance_of(moved, study)), TRUE)
  }
  solve(-numDeriv::hessian(at, c(coef(object$modelStruct), log(object$sigma))))
}

# Least squares means and differences at each visit with Satterthwaite's degrees of freedom: as
# emmeans prints them, with apVar, and with the covariance of parameters above.
put_means <- function(object, study, kind) {
  by <- list(specs = as.formula(paste("~", study$arm, "|", study$visit)))
  means <- do.call(emmeans, c(list(object, mode = "satterthwaite", data = study$data), by))
  right <- means
  right@dfargs$A <- parameter_covariance(object, study)
  versions <- list(lsmean = list(means, right))
  versions$difference <- lapply(versions$lsmean, contrast, "trt.vs.ctrl1")
  for (what in names(versions)) {
    table <- as.data.frame(versions[[what]][[1]])
    label <- if (what == "lsmean") table[[study$arm]] else "difference"
    name <- paste(label, table[[study$visit]], sep = "/")
    value <- if (what == "lsmean") table$emmean else table$estimate
    df <- as.data.frame(versions[[what]][[2]])$df
    for (i in seq_along(name)) {
      put(kind, "REML", paste(what, "estimate"), name[i], value[i])
      put(kind, "REML", paste(what, "se"), name[i], table$SE[i])
      put(kind, "REML", paste(what, "df of emmeans"), name[i], table$df[i])
      put(kind, "REML", paste(what, "df"), name[i], df[i])
    }
  }
}

put_sandwich <- function(object, kind) {
  for (type in c("CR0", "CR2", "CR3")) {
    robust <- vcovCR(object, type = type)
    tests <- coef_test(object, vcov = robust, test = "Satterthwaite")
    for (i in seq_len(nrow(tests))) {
      put(kind, "REML", paste(type, "se"), names(coef(object))[i], tests$SE[i])
      put(kind, "REML", paste(type, "df"), names(coef(object))[i], tests$df[i])
    }
  }
}

given <- arguments()
studies <- read_studies(given$open_data, given$here)
kinds <- c("us", "toep", "toeph", "ar1", "ar1h", "cs", "csh", "ad", "adh", "sp_exp")
for (name in names(studies)) {
  study <- studies[[name]]
  for (method in c("REML", "ML")) {
    for (kind in kinds) attempt(kind, method, {
      ante <- kind %in% c("ad", "adh")
      object <- if (ante) fit_ad(kind, study, method) else fit(kind, study, method)
      put_fit(object, study, kind, method)
    })
    if (study$weighted) for (kind in c("us", "cs")) attempt(paste(kind, "weighted"), method, {
      object <- fit(kind, study, method, weighted = TRUE)
      put_fit(object, study, paste(kind, "weighted"), method)
    })
  }
  for (kind in c("us", "cs", "csh", "ar1", "ar1h")) {
    attempt(paste(kind, "emmeans"), "REML", {
      put_means(fit(kind, study, "REML", apVar = TRUE), study, kind)
    })
  }
  for (kind in c("us", "cs")) {
    attempt(paste(kind, "sandwich"), "REML", put_sandwich(fit(kind, study, "REML"), kind))
  }
  write_listing(given$out, paste0("gls_", name), c("nlme", "emmeans", "clubSandwich"), c(
    paste(study$origin, "no other seed is used", sep = "; "),
    paste("gls(", deparse1(study$fixed), ", correlation, weights, method); gls.R"),
    "emmeans(mode = 'satterthwaite'); vcovCR, coef_test(test = 'Satterthwaite')"
  ))
}
