# Interval-censored Weibull and log-logistic regression on a constant, without and with a share
# that never crosses. Without: survival::survreg, interval2. With: the likelihood written out
# here and maximised by optim. Run in this folder: Rscript mixture.R > mixture.csv
library(survival)
made <- read.csv("mixture_intervals.csv")
cat(sprintf("# %s; survival %s; data: mixture_intervals.csv\n",
            R.version.string, packageVersion("survival")))
cat("data,family,cured,loglik,share,shape,scale\n")
say <- function(data, family, cured, loglik, share, shape, scale)
  cat(sprintf("%s,%s,%s,%.10f,%.8f,%.8f,%.8f\n",
              data, family, cured, loglik, share, shape, scale))
cdf <- list(
  "weibull" = function(t, shape, scale) pweibull(t, shape, scale),
  "log-logistic" = function(t, shape, scale) plogis((log(t) - log(scale)) * shape)
)
for (data in unique(made$data)) {
  d <- made[made$data == data, ]
  left <- ifelse(d$left == 0, NA, d$left)     # interval2: NA is open
  right <- ifelse(is.infinite(d$right), NA, d$right)
  for (family in names(cdf)) {
    dist <- if (family == "weibull") "weibull" else "loglogistic"
    fit <- survreg(Surv(left, right, type = "interval2") ~ 1, weights = d$n, dist = dist,
                   control = survreg.control(rel.tolerance = 1e-13, maxiter = 200))
    say(data, family, "no", fit$loglik[2], 1, 1 / fit$scale, exp(coef(fit)))
    if (data == "some never cross") {
      f <- cdf[[family]]
      minus <- function(p) {
        share <- plogis(p[3])
        upper <- ifelse(is.infinite(d$right), 1, share * f(d$right, exp(p[1]), exp(p[2])))
        -sum(d$n * log(upper - share * f(d$left, exp(p[1]), exp(p[2]))))
      }
      best <- optim(c(0, log(30), 0), minus, control = list(reltol = 1e-15, maxit = 20000))
      best <- optim(best$par, minus, method = "BFGS", control = list(reltol = 1e-16))
      say(data, family, "yes", -best$value, plogis(best$par[3]), exp(best$par[1]), exp(best$par[2]))
    }
  }
}
