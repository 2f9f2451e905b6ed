# Reference values for tests/evidence/pooling: metafor and clubSandwich on data sets of metadat.
# Rscript pooling.R listings      (in this folder; Debian's r-cran-metafor, r-cran-clubsandwich)
library(metafor)
library(clubSandwich)
folder <- commandArgs(TRUE)[1]
versions <- paste0("# R ", getRversion(), ", metafor ", packageVersion("metafor"), ", metadat ",
                   packageVersion("metadat"), ", clubSandwich ", packageVersion("clubSandwich"))
put <- function(table, name) {
  path <- file.path(folder, paste0(name, ".csv"))
  writeLines(versions, path)
  suppressWarnings(write.table(table, path, sep = ",", row.names = FALSE, quote = FALSE,
                               append = TRUE))
}
row <- function(data, model, name, value)
  data.frame(data = data, model = model, name = name, value = sprintf("%.12g", value))

bcg <- escalc("RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
bcg$cluster <- bcg$trial; bcg$moderator <- bcg$ablat
normand <- escalc("SMD", m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i, n2i = n2i,
                  data = dat.normand1999)
normand$cluster <- normand$study; normand$moderator <- log(normand$n1i + normand$n2i)
schools <- dat.konstantopoulos2011
schools$cluster <- schools$district; schools$moderator <- schools$year - 1976

data <- list(bcg = bcg, normand1999 = normand, konstantopoulos2011 = schools)
input <- do.call(rbind, lapply(names(data), function(d) data.frame(
  data = d, cluster = data[[d]]$cluster, yi = sprintf("%.12g", data[[d]]$yi),
  vi = sprintf("%.12g", data[[d]]$vi), moderator = sprintf("%.12g", data[[d]]$moderator))))
put(input, "pooling_input")

out <- NULL
tight <- list(threshold = 1e-12, maxiter = 10000, tol = 1e-12)
for (d in names(data)) {
  x <- data[[d]]
  common <- rma(yi, vi, data = x, method = "FE")
  out <- rbind(out, row(d, "common", c("estimate", "se", "ci_low", "ci_high", "q"),
                        c(common$beta, common$se, common$ci.lb, common$ci.ub, common$QE)))
  for (method in c("REML", "PM", "DL")) {
    wald <- rma(yi, vi, data = x, method = method, control = tight)
    q_profile <- confint(wald, control = list(tol = 1e-12, maxiter = 10000, tau2.max = 1000))$random
    hk <- rma(yi, vi, data = x, method = method, test = "knha", control = tight)
    safe <- rma(yi, vi, data = x, method = method, test = "adhoc", control = tight)
    p <- predict(hk)
    s <- predict(safe)
    out <- rbind(out, row(d, method,
      c("estimate", "se", "tau2", "i2", "tau2_low", "tau2_high", "hk_se", "hk_ci_low",
        "hk_ci_high", "safe_se", "safe_ci_low", "safe_ci_high", "pi_low", "pi_high", "safe_pi_low",
        "safe_pi_high"),
      c(wald$beta, wald$se, wald$tau2, wald$I2, q_profile["tau^2", "ci.lb"],
        q_profile["tau^2", "ci.ub"], hk$se, hk$ci.lb, hk$ci.ub, safe$se, safe$ci.lb, safe$ci.ub,
        p$pi.lb, p$pi.ub, s$pi.lb, s$pi.ub)))
  }
  one <- leave1out(rma(yi, vi, data = x, method = "REML", control = tight))
  out <- rbind(out, row(d, "leave-one-out", paste0("estimate_", seq_along(one$estimate)),
                        one$estimate))
  fit <- rma.mv(yi, vi, mods = ~ moderator, random = ~ 1 | cluster, data = x,
                control = list(optimizer = "optim", optmethod = "BFGS", reltol = 1e-16))
  robust <- coef_test(fit, vcov = "CR2", cluster = x$cluster)
  limits <- conf_int(fit, vcov = "CR2", cluster = x$cluster)
  out <- rbind(out, row(d, "regression CR2",
    c("intercept", "slope", "tau2", "se_intercept", "se_slope", "df_intercept", "df_slope",
      "ci_low_slope", "ci_high_slope"),
    c(robust$beta, fit$sigma2, robust$SE, robust$df_Satt, limits$CI_L[2], limits$CI_U[2])))
  egger <- regtest(rma(yi, vi, data = x, method = "REML", control = tight))
  out <- rbind(out, row(d, "egger", c("z", "p"), c(egger$zval, egger$pval)))
}
put(out, "pooling")
