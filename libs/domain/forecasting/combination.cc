#include "libs/domain/forecasting/combination.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/arima.h"
#include "libs/domain/forecasting/ces.h"
#include "libs/domain/forecasting/ets.h"
#include "libs/domain/forecasting/theta.h"

namespace kontor::forecasting {
namespace {

struct Weighted {
  double value = 0, weight = 0;
};

double Mean(const std::vector<Weighted>& parts, size_t begin, size_t end) {
  double sum = 0, weights = 0;
  for (size_t i = begin; i < end; ++i) {
    sum += parts[i].weight * parts[i].value;
    weights += parts[i].weight;
  }
  return weights > 0 ? sum / weights : std::numeric_limits<double>::quiet_NaN();
}

double Median(const std::vector<Weighted>& sorted) {
  constexpr double kSame = 1e-12;
  double total = 0, below = 0;
  for (const Weighted& part : sorted) total += part.weight;
  for (size_t i = 0; i < sorted.size(); ++i) {
    below += sorted[i].weight;
    if (std::abs(below - 0.5 * total) <= kSame * total && i + 1 < sorted.size()) {
      return 0.5 * (sorted[i].value + sorted[i + 1].value);
    }
    if (below > 0.5 * total) return sorted[i].value;
  }
  return sorted.empty() ? std::numeric_limits<double>::quiet_NaN() : sorted.back().value;
}

// Reorders the parts; NaN for none.
double ByRule(CombinationRule rule, std::vector<Weighted>& parts) {
  std::sort(parts.begin(), parts.end(), [](const Weighted& a, const Weighted& b) { return a.value < b.value; });
  if (rule == CombinationRule::kMedian) return Median(parts);
  if (rule == CombinationRule::kTrimmedMean && parts.size() >= 3) return Mean(parts, 1, parts.size() - 1);
  return Mean(parts, 0, parts.size());
}

class CombinedModel final : public FittedModel {
 public:
  CombinedModel(std::vector<CombinationMember> members, CombinationRule rule)
      : members_(std::move(members)), rule_(rule) {
    std::vector<Weighted> parts;
    for (size_t t = 0; t < members_.front().model->fitted().size(); ++t) {
      parts.clear();
      for (const CombinationMember& member : members_) {
        const Values fitted = member.model->fitted();
        if (t < fitted.size() && std::isfinite(fitted[t])) parts.push_back({fitted[t], member.weight});
      }
      fitted_.push_back(ByRule(rule_, parts));
    }
  }

  Prediction Predict(int horizon) const override {
    std::vector<Prediction> predictions;
    for (const CombinationMember& member : members_) predictions.push_back(member.model->Predict(horizon));
    Prediction combined;
    std::vector<Weighted> parts;
    for (size_t h = 0; h < static_cast<size_t>(horizon); ++h) {
      parts.clear();
      for (size_t i = 0; i < members_.size(); ++i) parts.push_back({predictions[i].mean[h], members_[i].weight});
      combined.mean.push_back(ByRule(rule_, parts));
      parts.clear();
      for (size_t i = 0; i < members_.size(); ++i) {
        if (!predictions[i].variance.empty()) {
          parts.push_back({std::sqrt(predictions[i].variance[h]), members_[i].weight});
        }
      }
      const double deviation = ByRule(rule_, parts);
      if (!std::isnan(deviation)) combined.variance.push_back(deviation * deviation);
    }
    return combined;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override {
    std::string text = rule_ == CombinationRule::kMedian ? "median of "
                       : rule_ == CombinationRule::kMean ? "mean of "
                                                         : "trimmed mean of ";
    for (size_t i = 0; i < members_.size(); ++i) {
      absl::StrAppend(&text, i > 0 ? ", " : "", members_[i].model->Describe());
    }
    return text;
  }

 private:
  std::vector<CombinationMember> members_;
  CombinationRule rule_;
  std::vector<double> fitted_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<FittedModel>> Combine(std::vector<CombinationMember> members, CombinationRule rule) {
  double total = 0;
  for (const CombinationMember& member : members) {
    if (!(member.weight >= 0) || !std::isfinite(member.weight)) {
      return absl::InvalidArgumentError("weights of a combination are finite and not negative");
    }
    total += member.weight;
  }
  if (!(total > 0)) return absl::InvalidArgumentError("a combination needs a member whose weight is above 0");
  members.erase(
      std::remove_if(members.begin(), members.end(), [](const CombinationMember& m) { return m.weight == 0; }),
      members.end());
  for (CombinationMember& member : members) member.weight /= total;
  return std::make_unique<CombinedModel>(std::move(members), rule);
}

Method CombinationMethod(std::string name, std::vector<Method> members, CombinationRule rule) {
  const auto fit = [members = std::move(members),
                    rule](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
    RETURN_IF_ERROR(CheckSeries(series));
    std::vector<CombinationMember> fitted;
    absl::Status first;
    for (const Method& method : members) {
      absl::StatusOr<std::unique_ptr<FittedModel>> model = method.fit(series);
      if (model.ok()) {
        fitted.push_back({*std::move(model), 1});
      } else if (first.ok()) {
        first = model.status();
      }
    }
    if (fitted.empty() && !first.ok()) return first;
    return Combine(std::move(fitted), rule);
  };
  return {std::move(name), fit};
}

Method DefaultCombinationMethod() {
  return CombinationMethod("combination",
                           {AutoEtsMethod(), CesMethod(), DynamicOptimisedThetaMethod(), DampedEtsMethod(),
                            ThetaMethod(), AutoArimaMethod()},
                           CombinationRule::kTrimmedMean);
}

Method QuickCombinationMethod() {
  return CombinationMethod(
      "quick_combination",
      {AutoEtsMethod(), CesMethod(), DynamicOptimisedThetaMethod(), DampedEtsMethod(), ThetaMethod()},
      CombinationRule::kTrimmedMean);
}

}  // namespace kontor::forecasting
