# survival::survfit on intervals (last without, first with], and the log-rank and Kaplan-Meier of
# right-censored times: Rscript turnbull.R > turnbull.csv
suppressPackageStartupMessages(library(survival))
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
cosmesis <- read.csv(file.path(here, "breast_cosmesis.csv"), comment.char = "#")
# A visit grid whose intervals meet; the last three were not seen with onset.
visits <- data.frame(
  left = c(0, 0, 4, 4, 24, 0, 4, 72, 24, 168),
  right = c(4, 4, 24, 24, 72, 24, 72, 168, Inf, Inf),
  arm = "visits"
)
cat(sprintf("# %s; survival %s\n", R.version.string, packageVersion("survival")))
cat("# survfit(Surv(left, right, type = 'interval2') ~ 1): share by the month or hour\n")
cat("arm,time,share\n")
for (group in list(
  cosmesis[cosmesis$arm == "Rad", ], cosmesis[cosmesis$arm == "RadChem", ], visits
)) {
  right <- ifelse(is.infinite(group$right), NA, group$right)
  fit <- survfit(Surv(group$left, right, type = "interval2") ~ 1)
  for (time in unique(sort(c(group$left, group$right[is.finite(group$right)])))) {
    share <- 1 - summary(fit, times = time, extend = TRUE)$surv
    cat(sprintf("%s,%g,%.6f\n", group$arm[1], time, share))
  }
}
