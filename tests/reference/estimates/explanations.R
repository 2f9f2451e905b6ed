# Blinding indices, ANCOVA with a slope by arm, pooling over strata, mediation at fixed error
# correlations. Rscript explanations.R BI.r > explanations.csv
# BI.r is R/BI.r of the CRAN package BI (github.com/marcschwartz/BI).
suppressPackageStartupMessages({
  library(sandwich)
  library(metafor)
  library(lavaan)
})
source(commandArgs(TRUE)[1])
out <- function(topic, case, name, value)
  cat(sprintf("%s,%s,%s,%.10g\n", topic, case, name, value), sep = "")
cat(sprintf("# %s; BI (R/BI.r), sandwich %s, metafor %s, lavaan %s; data as in this script\n",
  R.version.string, packageVersion("sandwich"), packageVersion("metafor"),
  packageVersion("lavaan")))
cat("topic,case,name,value\n")

# Bang 2004 table 7, Houweling 2014 table 2 (investigators, coordinators, patients), a small one.
tables <- list(
  crisp = c(82, 27, 25, 29, 170, 83), investigators = c(48, 22, 4, 30, 330, 319),
  coordinators = c(94, 52, 11, 44, 289, 284), patients = c(143, 104, 14, 57, 188, 175),
  small = c(9, 3, 4, 6, 2, 6))
for (case in names(tables)) {
  found <- BI(matrix(tables[[case]], 3, byrow = TRUE))
  counts <- c("tt", "ct", "tc", "cc", "ut", "uc")
  for (i in 1:6) out("blinding", case, counts[i], tables[[case]][i])
  for (i in 1:4) out("blinding", case, paste0("james_", c("est", "se", "low", "high"))[i],
    found$JamesBI[1, i])
  for (arm in 1:2) for (i in 1:4) out("blinding", case,
    paste0("bang", arm, "_", c("est", "se", "low", "high"))[i], found$BangBI[arm, i])
}

# The score interval: largest and smallest difference whose score test, with the other share
# maximised over the likelihood, does not reject.
score_limits <- function(b, c, n) {
  z <- function(d) {
    loglik <- function(q)
      dmultinom(c(b, c, n - b - c), prob = c(q + d, q, 1 - 2 * q - d), log = TRUE)
    q <- optimize(loglik, c(max(0, -d), (1 - d) / 2), maximum = TRUE, tol = 1e-12)$maximum
    (b - c - n * d) / sqrt(n * (2 * q + d - d^2))
  }
  est <- (b - c) / n
  sapply(c(1, -1), function(s) uniroot(function(d) z(d) - s * qnorm(0.975),
    if (s > 0) c(-0.99, est - 1e-6) else c(est + 1e-6, 0.99), tol = 1e-10)$root)
}
for (x in list(c(9, 4, 15), c(82, 25, 277), c(1, 7, 21))) {
  limits <- score_limits(x[1], x[2], x[3])
  for (i in 1:3) out("score", paste(x, collapse = "_"), c("more", "fewer", "n")[i], x[i])
  out("score", paste(x, collapse = "_"), "low", limits[1])
  out("score", paste(x, collapse = "_"), "high", limits[2])
}

# Made-up people of two arms and three sites; no random numbers, so that R and Python share them.
i <- 1:36
t <- i %% 2
x <- round(30 + 8 * sin(1.7 * i) + 3 * cos(0.9 * i^2), 2)
m <- round(6 + 9 * t + 4 * cos(2.3 * i) + 3 * sin(0.37 * i^2), 2)
y <- round(12 + 0.5 * x - 5 * t - 0.1 * t * x - 0.25 * m + 5 * sin(0.53 * i^2 + 1), 2)
site <- c("a", "b", "c")[1 + (i * 7) %/% 5 %% 3]
people <- data.frame(t, x, m, y, site)
for (name in c("t", "x", "m", "y")) for (k in i) out("people", k, name, people[k, name])
for (k in i) out("people", k, "site", match(site[k], c("a", "b", "c")))

xc <- x - mean(x)
fit <- lm(y ~ xc * t)
v <- vcovHC(fit, "HC3")
slope <- coef(fit)["xc:t"]
out("by_baseline", "mean", "est", coef(fit)["t"])
out("by_baseline", "mean", "se_hc3", sqrt(v["t", "t"]))
out("by_baseline", "mean", "se", sqrt(v["t", "t"] + slope^2 * var(x) / length(x)))
out("by_baseline", "slope", "est", slope)
out("by_baseline", "slope", "se", sqrt(v["xc:t", "xc:t"]))
l <- c(0, 0, 1, 35 - mean(x))
out("by_baseline", "35", "est", sum(l * coef(fit)))
out("by_baseline", "35", "se", sqrt(l %*% v %*% l))

one <- lm(y ~ site + x + t)
out("one_model", "t", "est", coef(one)["t"])
out("one_model", "t", "se", sqrt(vcovHC(one, "HC3")["t", "t"]))
within <- t(sapply(c("a", "b", "c"), function(s) {
  fit <- lm(y ~ x + t, people[site == s, ])
  c(coef(fit)["t"], sqrt(vcovHC(fit, "HC3")["t", "t"]))
}))
for (s in 1:3) {
  out("stratum", c("a", "b", "c")[s], "est", within[s, 1])
  out("stratum", c("a", "b", "c")[s], "se", within[s, 2])
}

# Pooling: the strata above, five trials that disagree, three that agree closely.
pools <- list(strata = list(within[, 1], within[, 2]),
  apart = list(c(-9.1, -2.3, -12.7, 0.8, -4.4), c(2.1, 1.7, 3.9, 1.2, 2.6)),
  alike = list(c(-3.1, -2.9, -3.0), c(1.0, 1.4, 2.0)))
for (case in names(pools)) {
  e <- pools[[case]][[1]]; s <- pools[[case]][[2]]
  for (k in seq_along(e)) {
    out("pool", case, paste0("e", k), e[k])
    out("pool", case, paste0("s", k), s[k])
  }
  fe <- rma(e, sei = s, method = "FE")
  re <- rma(e, sei = s, method = "PM", test = "knha", control = list(tol = 1e-12, maxiter = 1e5))
  # Never narrower than the variance the weights imply (Roever 2015).
  held <- rma(e, sei = s, method = "PM", test = "adhoc",
    control = list(tol = 1e-12, maxiter = 1e5))
  # Higgins 2009: k - 2 degrees of freedom.
  reach <- qt(0.975, length(e) - 2) * sqrt(held$se^2 + held$tau2)
  values <- c(fe = fe$b, fe_low = fe$ci.lb, fe_high = fe$ci.ub, re = re$b, re_low = re$ci.lb,
    re_high = re$ci.ub, held_low = held$ci.lb, held_high = held$ci.ub,
    tau = sqrt(re$tau2), q = fe$QE, q_p = fe$QEp, i2 = fe$I2 / 100,
    pi_low = held$b - reach, pi_high = held$b + reach)
  for (name in names(values)) out("pool", case, name, values[[name]])
}

# Maximum likelihood with the error correlation held fixed, standardised by their own SDs.
for (rho in c(-0.6, -0.2, 0, 0.3, 0.6)) {
  model <- sprintf("m ~ a * t + x
    y ~ b * m + t + x
    m ~~ vm * m
    y ~~ vy * y
    m ~~ cv * y
    cv == %g * sqrt(vm * vy)
    indirect := a * b", rho)
  fit <- sem(model, people, meanstructure = TRUE, optim.force.converged = TRUE,
    control = list(rel.tol = 1e-14))
  p <- parameterEstimates(fit)
  out("mediation", sprintf("%g", rho), "indirect", p$est[p$label == "indirect"])
}
rm_ <- resid(lm(m ~ t + x)); ry <- resid(lm(y ~ t + x))
out("mediation", "null", "rho", cor(rm_, ry))
