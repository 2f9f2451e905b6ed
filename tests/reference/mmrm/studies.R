# The studies that every script fits, and the table that each writes.
#
# A study is a table with its rows in the order of subjects and visits, the formula of the fixed
# effects, and the names of the columns that play a part. R's factors are in the order of their
# levels' names, as the tests' are.

read_studies <- function(open_data, here) {
  synthetic <- read.csv(file.path(here, "synthetic.csv"))
  made <- function(name) {
    table <- synthetic[synthetic$trial == name, ]
    fixed <- y ~ baseline + arm * visit
    if (name == "large") fixed <- y ~ site + baseline * visit + arm * visit
    origin <- paste(name, "of synthetic.csv, seed 20260401 in synthetic.py")
    study(origin, table, fixed, "subject", "visit", "arm", c("site", "arm"), ~hours, "weight")
  }
  list(
    fev = study(
      "open data fev_data.csv",
      read.csv(file.path(open_data, "fev", "fev_data.csv")),
      FEV1 ~ RACE + SEX + ARMCD * AVISIT,
      "USUBJID", "AVISIT", "ARMCD", c("RACE", "SEX", "ARMCD"), ~ VISITN + VISITN2, "WEIGHT"
    ),
    antidepressant = study(
      "open data antidepressant_data.csv",
      read.csv(file.path(open_data, "antidepressant-trial", "antidepressant_data.csv")),
      CHANGE ~ BASVAL * VISIT + THERAPY * VISIT,
      "PATIENT", "VISIT", "THERAPY", "THERAPY", ~RELDAYS, NULL
    ),
    large = made("large"), small = made("small"), complete = made("complete")
  )
}

study <- function(origin, table, fixed, subject, visit, arm, factors, time, weight) {
  # At REML and ML alike, only rows with an outcome take part.
  table <- table[!is.na(table[[all.vars(fixed)[1]]]), ]
  table$s <- factor(table[[subject]])
  table$v <- as.integer(factor(table[[visit]]))
  for (name in c(visit, factors)) table[[name]] <- factor(table[[name]])
  table <- table[order(table$s, table$v), ]
  if (!is.null(weight)) table$w <- table[[weight]]
  table$f <- table[[visit]]
  table$g <- table[[arm]]
  list(
    origin = origin, data = table, fixed = fixed, visit = visit, arm = arm, time = time,
    weighted = !is.null(weight), n_visits = nlevels(table$f)
  )
}

# The log-likelihood at given covariance matrices (one, or one a group) by the dense formula.
exact_loglik <- function(study, covariances, reml) {
  x <- model.matrix(study$fixed, study$data)
  y <- model.response(model.frame(study$fixed, study$data))
  information <- 0
  constant <- (length(y) - reml * ncol(x)) * log(2 * pi)
  for (own in split(seq_along(y), study$data$s, drop = TRUE)) {
    which_group <- min(as.integer(study$data$g)[own[1]], length(covariances))
    seen <- study$data$v[own]
    sigma <- covariances[[which_group]][seen, seen, drop = FALSE]
    inverse <- solve(sigma)
    z <- cbind(x, y)[own, , drop = FALSE]
    information <- information + t(z) %*% inverse %*% z
    constant <- constant + as.numeric(determinant(sigma)$modulus)
  }
  p <- seq_len(ncol(x))
  beta <- solve(information[p, p], information[p, -p])
  rest <- information[-p, -p] - sum(beta * information[p, -p])
  volume <- if (reml) as.numeric(determinant(information[p, p])$modulus) else 0
  -(constant + rest + volume) / 2
}

# A listing is a long table: what was fitted, what is listed, its name, its value.
listing <- new.env()
listing$rows <- list()

put <- function(covariance, method, quantity, name, value) {
  listing$rows[[length(listing$rows) + 1]] <- data.frame(
    covariance = covariance, method = method, quantity = quantity, name = name,
    value = sprintf("%.15g", value)
  )
}

put_matrix <- function(covariance, method, quantity, matrix, names) {
  for (i in seq_along(names)) {
    for (j in seq_len(i)) {
      put(covariance, method, quantity, paste(names[i], names[j], sep = "/"), matrix[i, j])
    }
  }
}

# The covariance of the estimates: all of it for the unstructured model, else standard errors.
put_variance <- function(covariance, method, matrix, names) {
  if (covariance == "us") return(put_matrix(covariance, method, "vcov", matrix, names))
  for (i in seq_along(names)) put(covariance, method, "se", names[i], sqrt(matrix[i, i]))
}

# Where a fit fails, the listing says so in place of its values.
attempt <- function(covariance, method, code) {
  tryCatch(code, error = function(e) {
    listing$rows[[length(listing$rows) + 1]] <- data.frame(
      covariance = covariance, method = method, quantity = "failed",
      name = gsub("[\n,\"]", " ", conditionMessage(e)), value = "NaN"
    )
  })
}

write_listing <- function(out, name, packages, calls) {
  versions <- vapply(packages, function(p) paste(p, packageVersion(p)), "")
  head <- c(
    paste0("# ", R.version.string, "; ", paste(versions, collapse = ", ")),
    paste0("# ", calls)
  )
  path <- file.path(out, paste0(name, ".csv"))
  writeLines(head, path)
  table <- do.call(rbind, listing$rows)
  listing$rows <- list()
  # R warns that the names of the columns stand below lines already written.
  suppressWarnings(
    write.table(table, path, append = TRUE, sep = ",", row.names = FALSE, quote = FALSE)
  )
}

arguments <- function() {
  given <- commandArgs(TRUE)
  if (length(given) != 3) stop("Rscript SCRIPT.R OPEN_DATA HERE OUT")
  list(open_data = given[1], here = given[2], out = given[3])
}
