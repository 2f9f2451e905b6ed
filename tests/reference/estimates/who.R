# Who improves: exact shares at an unusual level, prediction limits, MANCOVA of clusters with and
# without equal differences per item. Data are made up here and written beside the values.
# Rscript who.R  (in this folder; writes who.csv and who_clusters.csv)
header <- sprintf("# %s; data made up by who.R", R.version.string)
listing <- file("who.csv", "w")
writeLines(c(header, "case,name,value"), listing)
out <- function(case, name, value) writeLines(sprintf("%s,%s,%.12g", case, name, value), listing)

for (counts in list(c(0, 26), c(5, 15), c(14, 15))) {
  limits <- binom.test(counts[1], counts[2], conf.level = 1 - 0.05 / 3)$conf.int
  case <- sprintf("share %d of %d", counts[1], counts[2])
  out(case, "low", limits[1]); out(case, "high", limits[2])
}

change <- c(-21, -14, -14, -11, -9, -7, -3, -2, 0, 1, 4, 6)
for (level in c(0.8, 0.95)) {
  found <- predict(lm(change ~ 1), data.frame(x = 0), interval = "prediction", level = level)
  out(sprintf("next %g", level), "low", found[2]); out(sprintf("next %g", level), "high", found[3])
}

set.seed(20261123)
n <- 24
treated <- rep(c(1, 0), n / 2)
shared <- rnorm(n, 0, 2)
before <- round(sapply(c(10, 4, 14, 12), function(m) m + shared + rnorm(n, 0, 2)))
after <- round(0.5 * before + rnorm(n, 0, 1.5) + sapply(1:4, function(j) rnorm(n, 4, 2)) - 1.5 * treated)
colnames(before) <- paste0("before_", c("intrusion", "avoidance", "mood", "arousal"))
colnames(after) <- paste0("after_", c("intrusion", "avoidance", "mood", "arousal"))
data <- file("who_clusters.csv", "w")
writeLines(header, data)
write.csv(data.frame(treated, before, after), data, row.names = FALSE)
close(data)
full <- summary(manova(after ~ before + treated), test = "Wilks")$stats["treated", ]
out("clusters all", "F", full["approx F"]); out("clusters all", "df", full["den Df"])
out("clusters all", "p", full["Pr(>F)"])
items <- c(5, 2, 7, 6)
between <- sweep(after, 2, items, "/"); between <- between[, 2:4] - between[, 1]
part <- summary(manova(between ~ before + treated), test = "Wilks")$stats["treated", ]
out("clusters parallel", "F", part["approx F"]); out("clusters parallel", "df", part["den Df"])
out("clusters parallel", "p", part["Pr(>F)"])
for (j in 1:4) {
  line <- coef(summary(lm(after[, j] ~ before + treated)))["treated", ]
  out(sub("after_", "cluster ", colnames(after)[j]), "estimate", line["Estimate"])
  out(sub("after_", "cluster ", colnames(after)[j]), "se", line["Std. Error"])
}
close(listing)
