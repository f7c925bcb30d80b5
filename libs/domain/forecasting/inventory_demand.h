#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace kontor::forecasting {

// How much will be wanted within a time: a distribution of one amount. Immutable, thread-safe.
class DemandDistribution {
 public:
  virtual ~DemandDistribution() = default;
  virtual double mean() const = 0;
  virtual double variance() const = 0;
  virtual double Cdf(double amount) const = 0;               // P(D <= amount)
  virtual double Quantile(double level) const = 0;           // the least amount with Cdf >= level; 0 < level < 1
  virtual double ExpectedShortage(double amount) const = 0;  // E[(D - amount)+]
  virtual bool whole_numbers() const { return false; }
};

using Demand = std::shared_ptr<const DemandDistribution>;

// INVALID_ARGUMENT: a mean or deviation negative, above 1e12 or not a number. A deviation of 0 is the mean for sure,
// except for counts. Gamma and counts take a deviation of at most 31 times the mean (and the root of the mean more).
absl::StatusOr<Demand> NormalDemand(double mean, double deviation);  // may go below 0, as textbooks have it
absl::StatusOr<Demand> GammaDemand(double mean, double deviation);   // never below 0
// Whole numbers: negative binomial; Poisson where the variance is not above the mean (the least that counts of
// independent buyers have).
absl::StatusOr<Demand> CountDemand(double mean, double deviation);
// From quantiles of a forecast: levels within (0, 1) ascending, values ascending, >= 0, at least two. Linear in
// between; below the first level down to 0 at level 0; above the last an exponential tail through the last two values.
absl::StatusOr<Demand> QuantileDemand(absl::Span<const double> levels, absl::Span<const double> values);

// Time from order to arrival, in periods.
struct LeadTime {
  double mean = 0, deviation = 0;
};

enum class DemandShape { kNormal, kGamma, kCount };

// Demand of a whole lead time and `review` periods more, from one period's: mean (L + R) d, variance
// (L + R) s^2 + d^2 var(L) (independent periods; Silver, Pyke, Thomas 2017, eq. 6.20).
absl::StatusOr<Demand> LeadTimeDemand(double period_mean, double period_deviation, const LeadTime& lead_time,
                                      double review, DemandShape shape);
// The same from a forecast that changes by period: means and variances of the next periods (errors independent), the
// mean lead time and `review` may end within a period. INVALID_ARGUMENT also where the forecast ends before.
absl::StatusOr<Demand> LeadTimeDemand(absl::Span<const double> period_means, absl::Span<const double> period_variances,
                                      const LeadTime& lead_time, double review, DemandShape shape);

}  // namespace kontor::forecasting
