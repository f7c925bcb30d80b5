#include "libs/domain/forecasting/cleaning.h"

#include <algorithm>
#include <cmath>

#include "libs/base/status.h"
#include "libs/domain/forecasting/cleaning_season.h"

namespace kontor::forecasting {
namespace {

constexpr int64_t kMostSteps = 10'000'000;

// The work on one series: values by place, and which of them are to be believed.
class Cleaner {
 public:
  explicit Cleaner(const CleaningOptions& options) : options_(options) {}

  absl::StatusOr<CleanSeries> Run(absl::Span<const Observation> observations) {
    RETURN_IF_ERROR(Place(observations));
    TrimBeforeLaunch();
    for (const int64_t step : options_.anomalies) {
      const auto last = result_.first_step + static_cast<int64_t>(known_.size()) - 1;
      if (step >= result_.first_step && step <= last) Doubt(step - result_.first_step, CleaningKind::kAnomaly);
    }
    if (std::find(known_.begin(), known_.end(), true) == known_.end()) {
      return absl::FailedPreconditionError("every step is missing or an anomaly: nothing is left to estimate from");
    }
    if (options_.replace_outliers) DoubtOutliers();
    Estimate();
    result_.discontinued_on = EndOfSales();
    result_.level_shifts = FindLevelShifts();
    std::stable_sort(result_.changes.begin(), result_.changes.end(),
                     [](const CleaningChange& a, const CleaningChange& b) { return a.step < b.step; });
    return std::move(result_);
  }

 private:
  absl::Status Place(absl::Span<const Observation> observations) {
    int64_t first = observations.front().step, last = first;
    for (const Observation& observation : observations) {
      first = std::min(first, observation.step);
      last = std::max(last, observation.step);
    }
    first = options_.first_step.value_or(first);
    last = options_.last_step.value_or(last);
    if (last < first || static_cast<uint64_t>(last) - static_cast<uint64_t>(first) >= kMostSteps) {
      return absl::InvalidArgumentError("a series has at least 1 step and at most 10 million");
    }
    const auto count = static_cast<size_t>(last - first + 1);
    result_.first_step = first;
    result_.values.assign(count, 0);
    known_.assign(count, false);
    std::vector<Observation> ordered(observations.begin(), observations.end());
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const Observation& a, const Observation& b) { return a.step < b.step; });
    for (size_t i = 0; i < ordered.size(); ++i) PlaceOne(ordered, i, last);
    if (options_.missing == MissingSteps::kZero) {
      known_.assign(count, true);
    } else {
      for (size_t t = 0; t < count; ++t) {
        if (!known_[t]) Doubt(static_cast<int64_t>(t), CleaningKind::kFilled);
      }
    }
    return absl::OkStatus();
  }

  void PlaceOne(const std::vector<Observation>& ordered, size_t i, int64_t last) {
    const int64_t step = ordered[i].step;
    if (step < result_.first_step || step > last) return;
    const auto place = static_cast<size_t>(step - result_.first_step);
    result_.values[place] += ordered[i].value;
    const bool more = i + 1 < ordered.size() && ordered[i + 1].step == step;
    if (known_[place] && !more) {
      result_.changes.push_back({CleaningKind::kMerged, step, ordered[i].value, result_.values[place]});
    }
    known_[place] = true;
  }

  void TrimBeforeLaunch() {
    if (!options_.trim_before_launch) return;
    size_t launch = 0;
    while (launch < known_.size() && known_[launch] && result_.values[launch] == 0) ++launch;
    if (launch == known_.size() || launch == 0) return;
    const auto cut = static_cast<std::ptrdiff_t>(launch);
    result_.values.erase(result_.values.begin(), result_.values.begin() + cut);
    known_.erase(known_.begin(), known_.begin() + cut);
    result_.first_step += cut;
    result_.trimmed = cut;
    std::erase_if(result_.changes, [&](const CleaningChange& change) { return change.step < result_.first_step; });
  }

  // `after` is filled in once it is estimated.
  void Doubt(int64_t place, CleaningKind kind) {
    if (kind != CleaningKind::kFilled && !known_[place]) return;
    known_[place] = false;
    result_.changes.push_back({kind, result_.first_step + place, result_.values[place], 0});
  }

  void DoubtOutliers() {
    const SeasonalShape shape(result_.values, known_, options_.season);
    for (const size_t place : shape.Outliers(options_.outlier_threshold)) {
      Doubt(static_cast<int64_t>(place), CleaningKind::kOutlier);
    }
  }

  void Estimate() {
    const SeasonalShape shape(result_.values, known_, options_.season);
    for (CleaningChange& change : result_.changes) {
      if (change.kind == CleaningKind::kMerged) continue;
      const auto place = static_cast<size_t>(change.step - result_.first_step);
      result_.values[place] = change.after = shape.Estimate(place);
    }
  }

  std::optional<int64_t> EndOfSales() const {
    size_t last_sale = result_.values.size();
    size_t pause = 0, longest = 0;
    for (size_t t = 0; t < result_.values.size(); ++t) {
      if (result_.values[t] == 0) {
        ++pause;
        continue;
      }
      if (last_sale < result_.values.size()) longest = std::max(longest, pause);
      pause = 0;
      last_sale = t;
    }
    const bool sold = last_sale < result_.values.size();
    if (!sold || pause <= static_cast<size_t>(options_.discontinued_after) || pause <= 3 * longest) return std::nullopt;
    return result_.first_step + static_cast<int64_t>(last_sale) + 1;
  }

  std::vector<LevelShift> FindLevelShifts() const {
    const SeasonalShape shape(result_.values, std::vector<bool>(known_.size(), true), options_.season);
    std::vector<LevelShift> shifts = shape.LevelShifts();
    for (LevelShift& shift : shifts) shift.step += result_.first_step;
    std::erase_if(shifts, [&](const LevelShift& shift) {
      return result_.discontinued_on && shift.step >= *result_.discontinued_on;
    });
    return shifts;
  }

  const CleaningOptions& options_;
  CleanSeries result_;
  std::vector<bool> known_;
};

}  // namespace

absl::StatusOr<CleanSeries> CleanObservations(absl::Span<const Observation> observations,
                                              const CleaningOptions& options) {
  if (observations.empty()) return absl::InvalidArgumentError("there is nothing to clean");
  for (const Observation& observation : observations) {
    if (!std::isfinite(observation.value)) return absl::InvalidArgumentError("an observation is not a finite number");
  }
  if (options.season < 1 || !(options.outlier_threshold > 0) || options.discontinued_after < 1) {
    return absl::InvalidArgumentError(
        "season, outlier threshold or the tail of a discontinued product is out of range");
  }
  return Cleaner(options).Run(observations);
}

}  // namespace kontor::forecasting
