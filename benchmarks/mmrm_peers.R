# One fit by R, timed: Rscript mmrm_peers.R DATA.csv SOFTWARE REPEATS
# Prints CPU seconds of each repeat, the log-likelihood, and the version; start-up is not counted.
# The fit alone is timed: none of these gives Kenward-Roger for an unstructured covariance.
given <- commandArgs(TRUE)
software <- given[2]
suppressPackageStartupMessages(library(software, character.only = TRUE))
data <- read.csv(given[1], stringsAsFactors = TRUE)
data$subject <- factor(data$subject)
data$visit <- factor(data$visit, levels = paste("week", seq_len(nlevels(data$visit))))
data <- data[!is.na(data$change), ]
data$v <- as.integer(data$visit)
fixed <- change ~ baseline * visit + arm * visit

fit <- switch(software,
  nlme = function() {
    gls(fixed, data,
      correlation = corSymm(form = ~ v | subject), weights = varIdent(form = ~ 1 | visit),
      method = "REML"
    )
  },
  glmmTMB = function() {
    formula <- update(fixed, . ~ . + us(visit + 0 | subject))
    glmmTMB(formula, data, dispformula = ~0, REML = TRUE)
  },
  # A random effect for every visit and a residual variance: one parameter too many, so that the
  # check of their number is off; then Satterthwaite's degrees of freedom.
  lmerTest = function() {
    formula <- update(fixed, . ~ . + (visit + 0 | subject))
    control <- lme4::lmerControl(check.nobs.vs.nRE = "ignore")
    object <- lmer(formula, data, REML = TRUE, control = control)
    summary(object)
    object
  }
)
times <- c()
for (i in seq_len(as.integer(given[3]) + 1)) {
  start <- proc.time()
  object <- suppressMessages(suppressWarnings(fit()))
  times <- c(times, sum((proc.time() - start)[1:2]))
  # The first warms up, unless it is so long that warming up is lost in it.
  if (i == 1 && times > 5) break
}
if (length(times) > 1) times <- times[-1]
cat(sprintf("%.6f", times), "\n")
cat(sprintf("%.9f", as.numeric(logLik(object))), "\n")
cat(as.character(packageVersion(software)), "\n")
