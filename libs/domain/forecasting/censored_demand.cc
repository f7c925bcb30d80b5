#include "libs/domain/forecasting/censored_demand.h"

#include <algorithm>
#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <cmath>

#include "libs/domain/forecasting/quiet_math.h"

namespace kontor::forecasting {
namespace {

constexpr double kLeastTail = 1e-10;
constexpr double kLeastDispersion = 1e-8;  // below: Poisson
constexpr double kConverged = 1e-4;        // relative change of the sum of expected demand

struct Moments {
  double first = 0, second = 0;
};

// P(D >= whole) of a negative binomial with `size` and its mean a multiple of the size, or of a Poisson.
class Tail {
 public:
  Tail(double mean, double dispersion) : mean_(mean), dispersion_(dispersion) {}
  // With `more` added to the size: k (k - 1) … p(k) of one law is p of another, shifted.
  double operator()(double whole, int more) const {
    if (whole <= 0) return 1;
    using boost::math::complement;
    if (dispersion_ < kLeastDispersion) {
      return cdf(complement(boost::math::poisson_distribution<double, QuietMath>(mean_), whole - 1));
    }
    const boost::math::negative_binomial_distribution<double, QuietMath> law(1 / dispersion_ + more,
                                                                             1 / (1 + dispersion_ * mean_));
    return cdf(complement(law, whole - 1));
  }

 private:
  double mean_, dispersion_;
};

// E[D | D >= sold] and E[D^2 | D >= sold].
Moments Above(double mean, double dispersion, double sold) {
  const double whole = std::floor(sold);
  const Tail tail(mean, dispersion);
  const double share = mean > 0 ? tail(whole, 0) : 0;
  if (!(share >= kLeastTail)) return {sold, sold * sold};
  const double first = mean * tail(whole - 1, 1) / share;
  const double pairs = mean * mean * (1 + dispersion) * tail(whole - 2, 2) / share;
  return {std::max(sold, first), std::max(sold * sold, first + pairs)};
}

class Estimator {
 public:
  Estimator(absl::Span<const SalesDay> days, const CensoredDemandOptions& options)
      : days_(days),
        season_(static_cast<size_t>(options.season)),
        most_iterations_(options.max_iterations),
        decay_(std::exp(-std::sqrt(2.0) / options.bandwidth)) {
    result_.demand.resize(days.size());
    result_.expected.resize(days.size());
    result_.profile.assign(season_, 1);
    second_.resize(days.size());
    level_.assign(days.size(), 1);
    for (size_t t = 0; t < days.size(); ++t) {
      result_.demand[t] = days[t].sold;
      second_[t] = days[t].sold * days[t].sold;
    }
  }

  CensoredDemand Run() {
    Maximise();
    double last = Total();
    while (result_.iterations < most_iterations_ && !result_.converged) {
      ++result_.iterations;
      Expect();
      Maximise();
      const double total = Total();
      result_.converged = std::abs(total - last) <= kConverged * std::max(1.0, last);
      last = total;
    }
    Expect();
    return std::move(result_);
  }

 private:
  // A day that sold nothing because there was nothing tells nothing of demand.
  bool Telling(size_t t) const { return !days_[t].out_of_stock || days_[t].sold > 0; }

  double Weighed(size_t t, double value) const { return Telling(t) ? value : 0; }

  double Total() const {
    double sum = 0;
    for (const double value : result_.expected) sum += value;
    return sum;
  }

  void Expect() {
    for (size_t t = 0; t < days_.size(); ++t) {
      if (!days_[t].out_of_stock) continue;
      const Moments above = Above(result_.expected[t], result_.dispersion, days_[t].sold);
      result_.demand[t] = days_[t].sold > 0 ? above.first : result_.expected[t];
      second_[t] = above.second;
    }
  }

  void Maximise() {
    FitLevel();
    FitProfile();
    for (size_t t = 0; t < days_.size(); ++t) result_.expected[t] = level_[t] * result_.profile[t % season_];
    FitDispersion();
  }

  // The local maximum of a Poisson likelihood: sums of demand over sums of the profile, weighed by the kernel.
  void FitLevel() {
    double all = 0, all_profile = 0;
    for (size_t t = 0; t < days_.size(); ++t) {
      all += Weighed(t, result_.demand[t]);
      all_profile += Weighed(t, result_.profile[t % season_]);
    }
    // Forward sums up to each day, then backward ones from the day after.
    std::vector<double> above(days_.size()), below(days_.size());
    double sum = 0, sum_profile = 0;
    for (size_t t = 0; t < days_.size(); ++t) {
      above[t] = sum = decay_ * sum + Weighed(t, result_.demand[t]);
      below[t] = sum_profile = decay_ * sum_profile + Weighed(t, result_.profile[t % season_]);
    }
    sum = sum_profile = 0;
    for (size_t t = days_.size(); t-- > 0;) {
      above[t] += decay_ * sum;
      below[t] += decay_ * sum_profile;
      sum = decay_ * sum + Weighed(t, result_.demand[t]);
      sum_profile = decay_ * sum_profile + Weighed(t, result_.profile[t % season_]);
      level_[t] = below[t] > 0 ? above[t] / below[t] : all_profile > 0 ? all / all_profile : 0;
    }
  }

  void FitProfile() {
    std::vector<double> above(season_), below(season_);
    for (size_t t = 0; t < days_.size(); ++t) {
      if (!Telling(t)) continue;
      above[t % season_] += result_.demand[t];
      below[t % season_] += level_[t];
    }
    double sum = 0;
    for (size_t p = 0; p < season_; ++p) {
      result_.profile[p] = below[p] > 0 ? above[p] / below[p] : 1;
      sum += result_.profile[p];
    }
    for (double& place : result_.profile) place = sum > 0 ? place * static_cast<double>(season_) / sum : 1;
  }

  void FitDispersion() {
    double above = 0, below = 0;
    for (size_t t = 0; t < days_.size(); ++t) {
      if (!Telling(t)) continue;
      const double mean = result_.expected[t];
      above += second_[t] - 2 * mean * result_.demand[t] + mean * mean - mean;
      below += mean * mean;
    }
    result_.dispersion = below > 0 ? std::clamp(above / below, 0.0, 100.0) : 0;
  }

  absl::Span<const SalesDay> days_;
  size_t season_;
  int most_iterations_;
  double decay_;  // of the kernel, a day
  std::vector<double> level_, second_;
  CensoredDemand result_;
};

absl::Status CheckSales(absl::Span<const SalesDay> days, const CensoredDemandOptions& options) {
  if (days.empty()) return absl::InvalidArgumentError("there are no days of sales");
  const bool fits =
      options.season >= 1 && options.bandwidth > 0 && std::isfinite(options.bandwidth) && options.max_iterations >= 1;
  if (!fits) return absl::InvalidArgumentError("season and iterations are at least 1, the bandwidth above 0");
  bool in_stock = false;
  for (const SalesDay& day : days) {
    if (!std::isfinite(day.sold) || day.sold < 0)
      return absl::InvalidArgumentError("sales must be finite and not below 0");
    in_stock |= !day.out_of_stock;
  }
  return in_stock ? absl::OkStatus()
                  : absl::FailedPreconditionError("no day had stock: demand cannot be told from sales");
}

}  // namespace

absl::StatusOr<CensoredDemand> EstimateDemand(absl::Span<const SalesDay> days, const CensoredDemandOptions& options) {
  if (absl::Status status = CheckSales(days, options); !status.ok()) return status;
  return Estimator(days, options).Run();
}

}  // namespace kontor::forecasting
