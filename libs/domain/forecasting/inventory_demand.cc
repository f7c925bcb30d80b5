#include "libs/domain/forecasting/inventory_demand.h"

#include <algorithm>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <cmath>
#include <limits>

#include "libs/base/status.h"
#include "libs/domain/forecasting/quiet_math.h"

namespace kontor::forecasting {
namespace {

using boost::math::cdf;
using boost::math::complement;
using boost::math::pdf;
using boost::math::quantile;
using Normal = boost::math::normal_distribution<double, QuietMath>;
using Gamma = boost::math::gamma_distribution<double, QuietMath>;
using Poisson = boost::math::poisson_distribution<double, QuietMath>;
using NegativeBinomial = boost::math::negative_binomial_distribution<double, QuietMath>;

constexpr double kLargest = 1e12;
constexpr double kLeastShape =
    1e-3;  // of gamma and negative binomial: below it all mass is at 0 but for one in thousands

class CertainDemand final : public DemandDistribution {
 public:
  CertainDemand(double amount, bool whole) : amount_(amount), whole_(whole) {}
  double mean() const override { return amount_; }
  double variance() const override { return 0; }
  double Cdf(double amount) const override { return amount >= amount_ ? 1 : 0; }
  double Quantile(double) const override { return amount_; }
  double ExpectedShortage(double amount) const override { return std::max(0.0, amount_ - amount); }
  bool whole_numbers() const override { return whole_; }

 private:
  double amount_;
  bool whole_;
};

class NormalDistribution final : public DemandDistribution {
 public:
  NormalDistribution(double mean, double deviation) : law_(mean, deviation) {}
  double mean() const override { return law_.mean(); }
  double variance() const override { return law_.standard_deviation() * law_.standard_deviation(); }
  double Cdf(double amount) const override { return cdf(law_, amount); }
  double Quantile(double level) const override { return quantile(law_, level); }
  // s (phi(z) - z (1 - Phi(z))), z = (amount - mean) / s.
  double ExpectedShortage(double amount) const override {
    const double s = law_.standard_deviation();
    return std::max(0.0, s * s * pdf(law_, amount) - (amount - law_.mean()) * cdf(complement(law_, amount)));
  }

 private:
  Normal law_;
};

class GammaDistribution final : public DemandDistribution {
 public:
  GammaDistribution(double mean, double deviation)
      : shape_(mean * mean / (deviation * deviation)), scale_(deviation * deviation / mean), law_(shape_, scale_) {}
  double mean() const override { return shape_ * scale_; }
  double variance() const override { return shape_ * scale_ * scale_; }
  double Cdf(double amount) const override { return amount <= 0 ? 0 : cdf(law_, amount); }
  double Quantile(double level) const override { return quantile(law_, level); }
  // E[D; D > a] is the mean times the tail of the gamma with one more in its shape.
  double ExpectedShortage(double amount) const override {
    if (amount <= 0) return mean() - amount;
    const Gamma next(shape_ + 1, scale_);
    return std::max(0.0, mean() * cdf(complement(next, amount)) - amount * cdf(complement(law_, amount)));
  }

 private:
  double shape_, scale_;
  Gamma law_;
};

// Poisson and negative binomial: E[(D - a)+] at whole a is E[D; D > a] - a P(D > a), in between it is linear.
class CountDistribution : public DemandDistribution {
 public:
  double Quantile(double level) const final {
    double low = -1, high = std::max(1.0, std::ceil(mean() + 2 * std::sqrt(variance())));
    while (Cdf(high) < level) high *= 2;
    while (high - low > 1) {
      const double middle = std::floor((low + high) / 2);
      (Cdf(middle) >= level ? high : low) = middle;
    }
    return high;
  }
  double ExpectedShortage(double amount) const final {
    if (amount <= 0) return mean() - amount;
    const double whole = std::floor(amount);
    return std::max(0.0, TailMean(whole) - amount * (1 - Cdf(whole)));
  }
  bool whole_numbers() const final { return true; }

 protected:
  virtual double TailMean(double whole) const = 0;  // E[D; D > whole]
};

class PoissonDemand final : public CountDistribution {
 public:
  explicit PoissonDemand(double mean) : law_(mean) {}
  double mean() const override { return law_.mean(); }
  double variance() const override { return law_.mean(); }
  double Cdf(double amount) const override { return amount < 0 ? 0 : cdf(law_, std::floor(amount)); }

 private:
  // k p(k) = mean p(k - 1).
  double TailMean(double whole) const override { return mean() * (whole < 1 ? 1 : cdf(complement(law_, whole - 1))); }
  Poisson law_;
};

class NegativeBinomialDemand final : public CountDistribution {
 public:
  NegativeBinomialDemand(double mean, double variance)
      : mean_(mean),
        variance_(variance),
        size_(mean * mean / (variance - mean)),
        law_(size_, mean / variance),
        next_(size_ + 1, mean / variance) {}
  double mean() const override { return mean_; }
  double variance() const override { return variance_; }
  double Cdf(double amount) const override { return amount < 0 ? 0 : cdf(law_, std::floor(amount)); }

 private:
  // k p(k; r) = mean p(k - 1; r + 1).
  double TailMean(double whole) const override { return mean_ * (whole < 1 ? 1 : cdf(complement(next_, whole - 1))); }
  double mean_, variance_, size_;
  NegativeBinomial law_, next_;
};

// Uniform between quantiles; the tail beyond the last falls exponentially at the rate of the last two.
class QuantileDistribution final : public DemandDistribution {
 public:
  QuantileDistribution(absl::Span<const double> levels, absl::Span<const double> values)
      : levels_({0}), values_({0}), tail_(0) {
    levels_.insert(levels_.end(), levels.begin(), levels.end());
    values_.insert(values_.end(), values.begin(), values.end());
    const size_t last = values_.size() - 1;
    tail_ = (values_[last] - values_[last - 1]) / std::log((1 - levels_[last - 1]) / (1 - levels_[last]));
    for (size_t i = 0; i < last; ++i) {
      const double share = levels_[i + 1] - levels_[i], a = values_[i], b = values_[i + 1];
      mean_ += share * (a + b) / 2;
      square_ += share * (a * a + a * b + b * b) / 3;
    }
    const double share = 1 - levels_[last], a = values_[last];
    mean_ += share * (a + tail_);
    square_ += share * (a * a + 2 * a * tail_ + 2 * tail_ * tail_);
  }
  double mean() const override { return mean_; }
  double variance() const override { return std::max(0.0, square_ - mean_ * mean_); }
  double Cdf(double amount) const override {
    if (amount < 0) return 0;
    const size_t above = std::upper_bound(values_.begin(), values_.end(), amount) - values_.begin();
    if (above == values_.size()) return tail_ > 0 ? 1 - TailShare(amount) : 1;
    const double within = (amount - values_[above - 1]) / (values_[above] - values_[above - 1]);
    return levels_[above - 1] + within * (levels_[above] - levels_[above - 1]);
  }
  double Quantile(double level) const override {
    const size_t above = std::lower_bound(levels_.begin(), levels_.end(), level) - levels_.begin();
    if (above == levels_.size()) return values_.back() + tail_ * std::log((1 - levels_.back()) / (1 - level));
    const double within = (level - levels_[above - 1]) / (levels_[above] - levels_[above - 1]);
    return values_[above - 1] + within * (values_[above] - values_[above - 1]);
  }
  double ExpectedShortage(double amount) const override {
    if (amount <= 0) return mean_ - amount;
    if (amount >= values_.back()) return tail_ > 0 ? tail_ * TailShare(amount) : 0;
    double sum = (1 - levels_.back()) * (values_.back() + tail_ - amount);
    for (size_t i = 0; i + 1 < values_.size(); ++i) {
      const double a = values_[i], b = values_[i + 1], share = levels_[i + 1] - levels_[i];
      if (b <= amount) continue;
      const double from = std::max(a, amount);
      sum += share * (b > a ? (b - from) / (b - a) : 1) * ((from + b) / 2 - amount);
    }
    return sum;
  }

 private:
  double TailShare(double amount) const { return (1 - levels_.back()) * std::exp(-(amount - values_.back()) / tail_); }

  std::vector<double> levels_, values_;
  double tail_, mean_ = 0, square_ = 0;
};

absl::Status CheckMoments(double mean, double deviation) {
  const auto fits = [](double value) { return value >= 0 && value <= kLargest; };
  if (!fits(mean) || !fits(deviation)) {
    return absl::InvalidArgumentError("demand needs a mean and a deviation from 0 to 1e12");
  }
  return absl::OkStatus();
}

absl::StatusOr<Demand> DemandOf(double mean, double deviation, DemandShape shape) {
  switch (shape) {
    case DemandShape::kNormal:
      return NormalDemand(mean, deviation);
    case DemandShape::kGamma:
      return GammaDemand(mean, deviation);
    case DemandShape::kCount:
      return CountDemand(mean, deviation);
  }
  return absl::InvalidArgumentError("unknown shape of demand");
}

absl::Status CheckTimes(const LeadTime& lead_time, double review) {
  const double all[] = {lead_time.mean, lead_time.deviation, review};
  for (const double time : all) {
    if (!std::isfinite(time) || time < 0)
      return absl::InvalidArgumentError("lead time and review need finite times >= 0");
  }
  if (lead_time.mean + review <= 0) return absl::InvalidArgumentError("lead time and review together must be above 0");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Demand> NormalDemand(double mean, double deviation) {
  RETURN_IF_ERROR(CheckMoments(mean, deviation));
  if (deviation == 0) return std::make_shared<CertainDemand>(mean, false);
  return std::make_shared<NormalDistribution>(mean, deviation);
}

absl::StatusOr<Demand> GammaDemand(double mean, double deviation) {
  RETURN_IF_ERROR(CheckMoments(mean, deviation));
  // Below a millionth of the mean the incomplete gamma function has no digits left; a mean of 0 leaves nothing to vary.
  if (mean == 0 || deviation < 1e-6 * mean) return std::make_shared<CertainDemand>(mean, false);
  return std::make_shared<GammaDistribution>(mean, std::min(deviation, mean / std::sqrt(kLeastShape)));
}

absl::StatusOr<Demand> CountDemand(double mean, double deviation) {
  RETURN_IF_ERROR(CheckMoments(mean, deviation));
  if (mean == 0) return std::make_shared<CertainDemand>(0, true);
  if (deviation * deviation <= mean * (1 + 1e-9)) return std::make_shared<PoissonDemand>(mean);
  return std::make_shared<NegativeBinomialDemand>(mean,
                                                  std::min(deviation * deviation, mean + mean * mean / kLeastShape));
}

absl::StatusOr<Demand> QuantileDemand(absl::Span<const double> levels, absl::Span<const double> values) {
  if (levels.size() != values.size() || levels.size() < 2) {
    return absl::InvalidArgumentError("demand by quantiles needs as many values as levels, at least two");
  }
  for (size_t i = 0; i < levels.size(); ++i) {
    const bool level_fits = levels[i] > (i > 0 ? levels[i - 1] : 0) && levels[i] < 1;
    const bool value_fits = std::isfinite(values[i]) && values[i] >= (i > 0 ? values[i - 1] : 0);
    if (!level_fits || !value_fits) {
      return absl::InvalidArgumentError("levels must ascend within (0, 1), values ascend from 0 on");
    }
  }
  return std::make_shared<QuantileDistribution>(levels, values);
}

absl::StatusOr<Demand> LeadTimeDemand(double period_mean, double period_deviation, const LeadTime& lead_time,
                                      double review, DemandShape shape) {
  RETURN_IF_ERROR(CheckMoments(period_mean, period_deviation));
  RETURN_IF_ERROR(CheckTimes(lead_time, review));
  const double time = lead_time.mean + review, late = period_mean * lead_time.deviation;
  return DemandOf(time * period_mean, std::sqrt(time * period_deviation * period_deviation + late * late), shape);
}

absl::StatusOr<Demand> LeadTimeDemand(absl::Span<const double> period_means, absl::Span<const double> period_variances,
                                      const LeadTime& lead_time, double review, DemandShape shape) {
  RETURN_IF_ERROR(CheckTimes(lead_time, review));
  if (period_means.size() != period_variances.size()) {
    return absl::InvalidArgumentError("every period needs a mean and a variance");
  }
  const double time = lead_time.mean + review;
  if (static_cast<double>(period_means.size()) < time) {
    return absl::InvalidArgumentError("the forecast ends before lead time and review do");
  }
  double mean = 0, variance = 0;
  for (size_t i = 0; static_cast<double>(i) < time; ++i) {
    RETURN_IF_ERROR(CheckMoments(period_means[i], period_variances[i]));
    const double share = std::min(1.0, time - static_cast<double>(i));
    mean += share * period_means[i];
    variance += share * period_variances[i];
  }
  const double late = mean / time * lead_time.deviation;
  return DemandOf(mean, std::sqrt(variance + late * late), shape);
}

}  // namespace kontor::forecasting
