#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

// Demand that a stock-out hid. What was sold on a day that ended without stock is a lower bound of what was wanted.
namespace kontor::forecasting {

struct SalesDay {
  double sold = 0;            // >= 0
  bool out_of_stock = false;  // during the day or at its end
};

struct CensoredDemandOptions {
  int season = 7;         // days of a profile, at least 1
  double bandwidth = 28;  // days: the standard deviation of the two-sided exponential kernel of the level, > 0
  int max_iterations = 300;
};

struct CensoredDemand {
  std::vector<double> demand;    // of each day: sold where there was stock, else E[D | D >= sold]; never below sold
  std::vector<double> expected;  // the mean of each day's distribution, level × profile
  std::vector<double> profile;   // of each day of the season, mean 1
  double dispersion = 0;         // variance = mean + dispersion × mean^2 (0: Poisson)
  int iterations = 0;
  bool converged = false;
};

// Expectation-maximisation (Dempster, Laird, Rubin 1977) for a right-censored count (Tobin 1958 for the normal; Conrad
// 1976, Nahmias 1994 and Anupindi, Dada, Gupta 1998 for sales lost to stock-outs): the expectation is of a negative
// binomial above what was sold, the maximisation a level smoothed over days times a profile of the season's days. Sales
// that are no whole numbers count as the whole number below for the tail. A day that was out of stock before it opened
// (sold 0) takes the whole expectation. Without a stock-out demand is what was sold.
// O(days) an iteration. INVALID_ARGUMENT: no days, a value negative or not finite, options out of range.
// FAILED_PRECONDITION: no day had stock.
absl::StatusOr<CensoredDemand> EstimateDemand(absl::Span<const SalesDay> days, const CensoredDemandOptions& options);

}  // namespace kontor::forecasting
