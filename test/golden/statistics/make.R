# Makes r.json: what R says of cases for src/analysis/statistics. Run once, by hand, in this folder:
#   Rscript make.R        (Debian: r-base-core, r-cran-coin)
# In the JSON, null stands for infinity (did not recover) and a figure that R does not give.
suppressMessages(library(coin))
set.seed(20260101)

number <- function(x) ifelse(is.finite(x), sprintf("%.15g", x), "null")
list_of <- function(x) paste0("[", paste(number(x), collapse = ","), "]")
object <- function(...) {
  fields <- list(...)
  paste0("{", paste(sprintf('"%s":%s', names(fields), fields), collapse = ","), "}")
}
rows <- function(x) paste0("[\n", paste(x, collapse = ",\n"), "\n]")

# Infinity ranks above all others; coin takes finite scores only, and its test sees nothing but their order.
exact_p <- function(base, candidate) {
  ranks <- rank(c(base, candidate))
  side <- factor(rep(c("base", "candidate"), c(length(base), length(candidate))))
  as.numeric(pvalue(wilcox_test(ranks ~ side, distribution = "exact")))
}

compared <- function(kind, base, candidate) {
  finite <- all(is.finite(c(base, candidate)))
  tied <- anyDuplicated(c(base, candidate)) > 0
  m <- length(base)
  n <- length(candidate)
  ranks <- rank(c(base, candidate))
  u <- sum(ranks[-seq_len(m)]) - n * (n + 1) / 2
  shift <- lo <- hi <- wilcox <- NA
  if (finite && !tied) {
    test <- wilcox.test(candidate, base, exact = TRUE, conf.int = TRUE)
    wilcox <- test$p.value
    shift <- test$estimate
    # Below 4 v 4 R gives an interval of a lower level than asked for, with a warning.
    if (2 / choose(m + n, n) <= 0.05) {
      lo <- test$conf.int[1]
      hi <- test$conf.int[2]
    }
  }
  object(kind = sprintf('"%s"', kind), base = list_of(base), candidate = list_of(candidate),
         u = number(u), p = number(exact_p(base, candidate)), p_wilcox = number(wilcox),
         shift = number(shift), lo = number(lo), hi = number(hi))
}

sizes <- function() sample(c(2:10, 2:10, 11:30), 2, replace = TRUE)
random_cases <- function(count, kind, draw) sapply(seq_len(count), function(i) {
  repeat {
    n <- sizes()
    base <- draw(n[1], 0)
    candidate <- draw(n[2], sample(c(0, 0, 0.5, 2), 1))
    if (length(unique(c(base, candidate))) > 1) return(compared(kind, base, candidate))
  }
})
censored <- function(x, share) ifelse(runif(length(x)) < share, Inf, x)

cases <- suppressWarnings(c(
  random_cases(70, "no ties", function(n, by) round(2.61 + by + runif(n), 6)),
  random_cases(70, "ties", function(n, by) round((2.61 + by + runif(n)) * 5) / 5),
  random_cases(30, "many ties", function(n, by) round(runif(n, 0, 2) + by)),
  random_cases(40, "censored", function(n, by) censored(round(2 + by + runif(n), 6), 0.25)),
  random_cases(30, "censored ties", function(n, by) censored(round(2 + by + runif(n, 0, 2)), 0.2)),
  compared("hand", c(134, 112, 80, 172), c(134, 112, 80, 172)),
  compared("hand", c(134, 112, 80, 172), c(201, 190, 188, 240)),
  compared("hand", c(1, 2, 3, 4), c(4, 5, 6, 7)),
  compared("hand", c(1, 1, 1, 1), c(1, 1, 1, 2)),
  compared("hand", c(0, 0, 0, 0.6), c(0, 0, 0.6, 0.6)),
  compared("hand", c(1, 2), c(Inf, Inf)),
  compared("hand", c(1, 2, 3, Inf), c(Inf, Inf, Inf, Inf)),
  compared("hand", 1:30, 31:60),
  compared("hand", c(1:29, Inf), c(15:43, Inf)),
  compared("hand", 1, c(2:40)),
  compared("hand", 2 * (1:40), c(61, 71, 81, 83))
))

approximate <- function(m, n, by) {
  base <- round(runif(m, 0, 20))
  candidate <- round(runif(n, 0, 20) + by)
  p <- wilcox.test(candidate, base, exact = FALSE, correct = TRUE)$p.value
  object(base = list_of(base), candidate = list_of(candidate), p = number(p))
}
depth <- function(m, n, confidence) {
  k <- qwilcox((1 - confidence) / 2, m, n)
  # qwilcox gives the first q with P(U <= q) at or above the tail; if it is met exactly, one more may be cut off.
  if (pwilcox(k, m, n) <= (1 - confidence) / 2 * (1 + 1e-12)) k <- k + 1
  object(m = m, n = n, confidence = confidence, k = number(k),
         level = number(if (k == 0) NA else 1 - 2 * pwilcox(k - 1, m, n)))
}
pairs <- rbind(c(3, 3), c(4, 3), c(4, 4), c(5, 5), c(6, 6), c(8, 8), c(10, 10), c(30, 30), c(50, 50), c(1, 39), c(39, 1),
               c(1, 38), c(2, 8), c(2, 7), c(5, 3), c(4, 40), c(40, 4), c(40, 10), c(40, 30), c(7, 22))
fisher <- function(t) {
  p <- fisher.test(matrix(t, 2, byrow = TRUE))$p.value
  object(table = list_of(t), p = number(p))
}
tables <- c(list(c(4, 0, 0, 4), c(4, 0, 4, 0), c(0, 0, 3, 1), c(40, 0, 3, 1), c(38, 2, 2, 2), c(10, 0, 7, 3), c(3, 1, 1, 3),
                 c(1000, 3, 990, 17)),
            lapply(1:60, function(i) rpois(4, sample(c(2, 6, 20), 1))))
clopper <- function(k, n, level) {
  ends <- binom.test(k, n, conf.level = level)$conf.int
  object(k = k, n = n, level = level, lo = number(ends[1]), hi = number(ends[2]))
}
counts <- expand.grid(n = c(1, 4, 6, 10, 40), share = c(0, 0.25, 0.5, 1), level = c(0.95, 0.99))
holm <- function(p) object(p = list_of(p), adjusted = list_of(p.adjust(p, "holm")))
median_depth <- function(n) {
  k <- qbinom(0.025, n, 0.5)
  object(n = n, k = number(k), level = number(if (k == 0) NA else 1 - 2 * pbinom(k - 1, n, 0.5)))
}
z <- c(0, 0.01, 0.5, 1, 1.959963984540054, 3, 3.5, 3.6, 5, 8, 12, 20, 37)

cat(object(
  made_with = sprintf('"%s, coin %s"', R.version.string, packageVersion("coin")),
  comparisons = rows(cases),
  approximate = rows(c(approximate(80, 90, 0), approximate(100, 100, 2), approximate(300, 300, 1), approximate(90, 60, 6))),
  depths = rows(c(apply(pairs, 1, function(x) depth(x[1], x[2], 0.95)), depth(5, 5, 0.99), depth(8, 8, 0.9))),
  fisher = rows(sapply(tables, fisher)),
  clopper_pearson = rows(mapply(function(n, share, level) clopper(round(share * n), n, level),
                                counts$n, counts$share, counts$level)),
  holm = rows(c(holm(c(0.01, 0.04, 0.03)), holm(c(0.2, 0.9, 0.5, 0.4)), holm(0.03), holm(c(0.02, 0.02, 0.001, 0.8, 0.011)),
                sapply(1:10, function(i) holm(signif(runif(6)^3, 4))))),
  medians = rows(sapply(c(1:12, 20, 40, 101), median_depth)),
  normal = rows(sapply(z, function(x) object(z = number(x), upper_tail = number(pnorm(x, lower.tail = FALSE)))))
), "\n", file = "r.json", sep = "")
