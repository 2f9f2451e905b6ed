# Change in a person: t, sign test, trimmed means, Wilcoxon, sign flips, BCa bootstrap, mixed model
# of several infusions; Holm and Hochberg. Data are made up here and written beside the values.
# Rscript paired.R  (in this folder; writes paired.csv, paired_scores.csv, paired_infusions.csv)
suppressPackageStartupMessages({
  library(boot)
  library(exactRankTests)
  library(lmerTest)
})
header <- sprintf("# %s; boot %s, exactRankTests %s, lmerTest %s, pbkrtest %s; data made up by paired.R",
  R.version.string, packageVersion("boot"), packageVersion("exactRankTests"),
  packageVersion("lmerTest"), packageVersion("pbkrtest"))
listing <- file("paired.csv", "w")
writeLines(c(header, "case,name,value"), listing)
out <- function(case, name, value) writeLines(sprintf("%s,%s,%.12g", case, name, value), listing)

RNGversion("4.0.0")
set.seed(20)
pairs <- list(
  "no ties" = {b <- round(rnorm(12, 34, 9), 3); list(b, round(b - 4 + rnorm(12, 0, 7), 3))},
  "ties and zeros" = list(
    c(33, 41, 28, 45, 39, 36, 50, 31, 44, 38, 29, 47, 35, 40, 42),
    c(30, 41, 25, 33, 39, 39, 38, 28, 44, 33, 31, 44, 29, 37, 39)),
  "thirty" = {b <- round(56 * rbeta(30, 2.2, 1.1)); list(b, pmax(0, round(b - 3 + rnorm(30, 0, 6))))})

scores <- do.call(rbind, lapply(names(pairs), function(k)
  data.frame(case = k, before = pairs[[k]][[1]], after = pairs[[k]][[2]])))
write.csv(scores, "paired_scores.csv", row.names = FALSE, quote = FALSE)

winsorised <- function(x, tr) {
  s <- sort(x); g <- floor(tr * length(x)); pmin(pmax(x, s[g + 1]), s[length(x) - g])
}
# As WRS2::yuend, which for MASS::anorexia (family therapy) prints -3.829, df 10, -8.56364,
# -13.5469 to -3.5804; this function gives the same.
yuend <- function(x, y, tr = 0.2) {
  n <- length(x); h <- n - 2 * floor(tr * n)
  q <- (n - 1) * (var(winsorised(x, tr)) + var(winsorised(y, tr)) -
    2 * cov(winsorised(x, tr), winsorised(y, tr)))
  c(diff = mean(x, tr) - mean(y, tr), se = sqrt(q / (h * (h - 1))), df = h - 1)
}
anorexia <- subset(MASS::anorexia, Treat == "FT")
family <- yuend(anorexia$Prewt, anorexia$Postwt)
stopifnot(abs(family["diff"] / family["se"] + 3.829) < 5e-4, abs(family["diff"] + 8.56364) < 5e-6)

for (case in names(pairs)) {
  b <- pairs[[case]][[1]]; a <- pairs[[case]][[2]]; d <- a - b
  t <- t.test(a, b, paired = TRUE)
  out(case, "t_low", t$conf.int[1]); out(case, "t_high", t$conf.int[2]); out(case, "t_p", t$p.value)
  out(case, "sign_p", binom.test(sum(d < 0), sum(d != 0))$p.value)
  y <- yuend(a, b)
  for (part in names(y)) out(case, paste0("yuen_", part), y[part])
  out(case, "trimmed", mean(d, 0.2))
  n <- length(d); h <- n - 2 * floor(0.2 * n)
  out(case, "trimmed_se", sqrt((n - 1) * var(winsorised(d, 0.2)) / (h * (h - 1))))
  untied <- !any(d == 0) && !any(duplicated(abs(d)))
  w <- if (untied) wilcox.test(d, conf.int = TRUE, exact = TRUE) else
    suppressWarnings(wilcox.exact(d, conf.int = TRUE, exact = TRUE))
  out(case, "wilcoxon_p", w$p.value)
  if (untied) {
    out(case, "wilcoxon_estimate", w$estimate)
    out(case, "wilcoxon_low", w$conf.int[1]); out(case, "wilcoxon_high", w$conf.int[2])
  }
  if (all(d == round(d))) {
    p <- suppressWarnings(perm.test(a, b, paired = TRUE, exact = TRUE))
    out(case, "sign_flip_p", p$p.value)
  }
  drawn <- boot(d, function(x, i) mean(x[i]), R = 99999)
  interval <- boot.ci(drawn, type = "bca")$bca
  out(case, "bca_low", interval[4]); out(case, "bca_high", interval[5])
  out(case, "bootstrap_se", sd(drawn$t))
}

# Two to five infusions a person; the change around each.
person <- rep(1:12, times = c(5, 2, 3, 4, 5, 2, 3, 5, 4, 2, 3, 5))
infusion <- sequence(c(5, 2, 3, 4, 5, 2, 3, 5, 4, 2, 3, 5))
before <- round(38 - 2 * infusion + rnorm(12, 0, 6)[person] + rnorm(length(person), 0, 3))
after <- round(before - 5 + infusion + rnorm(12, 0, 4)[person] + rnorm(length(person), 0, 4))
infusions <- data.frame(subject = person, infusion, before, after)
write.csv(infusions, "paired_infusions.csv", row.names = FALSE, quote = FALSE)
fit <- lmer(I(after - before) ~ 0 + factor(infusion) + (1 | subject), infusions)
contrasts <- rbind(diag(5), rep(0.2, 5), c(-0.2, -0.1, 0, 0.1, 0.2))
names <- c(paste("infusion", 1:5), "mean", "step")
for (i in 1:7) {
  found <- contest1D(fit, contrasts[i, ], ddf = "Kenward-Roger", confint = TRUE)
  out("infusions", paste(names[i], "estimate"), found$Estimate)
  out("infusions", paste(names[i], "se"), found$`Std. Error`)
  out("infusions", paste(names[i], "df"), found$df)
}

p <- c(0.012, 0.031, 0.004, 0.24, 0.026, 0.049)
for (method in c("holm", "hochberg"))
  for (i in 1:6) out(method, i, p.adjust(p, method)[i])
close(listing)
