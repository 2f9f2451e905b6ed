# Rubin's rules with Barnard-Rubin degrees of freedom, by mice::pool.scalar. Run:
#   Rscript tests/reference/estimates/rubin.R > tests/reference/estimates/rubin.csv
suppressMessages(library(mice))
cases <- list(
  list(q = c(-2.1, -2.6, -1.8, -2.4, -2.9), u = c(1.2, 1.1, 1.3, 1.25, 1.15), df = 169),
  list(q = c(-7.5, -4.0, -6.1), u = c(4.0, 5.2, 4.4), df = 27),
  list(q = c(0.31, 0.29, 0.30, 0.33, 0.28, 0.31, 0.30, 0.32), u = rep(0.04, 8), df = 12),
  list(q = c(-2.1, -2.6, -1.8, -2.4, -2.9), u = c(1.2, 1.1, 1.3, 1.25, 1.15), df = Inf)
)
cat(sprintf("# R %s, mice %s\n", getRversion(), packageVersion("mice")))
cat("estimates,variances,df_complete,qbar,ubar,b,t,df,fmi\n")
for (case in cases) {
  found <- pool.scalar(case$q, case$u, n = case$df + 1, k = 1)
  cat(sprintf("%s,%s,%g,%.12g,%.12g,%.12g,%.12g,%.12g,%.12g\n",
              paste(case$q, collapse = " "), paste(case$u, collapse = " "), case$df,
              found$qbar, found$ubar, found$b, found$t, found$df, found$fmi))
}
