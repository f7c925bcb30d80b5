#include "services/forecasting/accuracy_reader.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "libs/base/money.h"
#include "libs/base/status.h"
#include "services/forecasting/series_forecast.h"

namespace kontor::forecasting {
namespace {

constexpr int kMaxRuns = 1'000;
constexpr size_t kMaxDrifts = 100;
constexpr double kBounds[] = {0.025, 0.1, 0.9, 0.975};  // of 95% and 80%

// What came, by node and step.
class Actuals {
 public:
  static absl::StatusOr<Actuals> Read(DemandStore& demand, const fleet::Shop& shop, v1::Grain grain,
                                      absl::CivilDay since, absl::CivilDay until) {
    Actuals out;
    out.grain_ = grain;
    out.last_step_ = LastWholeStep(until, grain);
    ASSIGN_OR_RETURN(const auto products, demand.SalesSince(shop, since, until));
    for (const auto& [product, days] : products) out.Add({Level::kProduct, product}, days);
    ASSIGN_OR_RETURN(const auto categories, demand.SalesByCategory(shop, until));
    for (const auto& [path, days] : categories) out.Add({Level::kCategory, path}, days);
    ASSIGN_OR_RETURN(const DailySales all, demand.Sales(shop, {}, "", until));
    out.Add({Level::kShop, ""}, all);
    return out;
  }

  int64_t last_step() const { return last_step_; }
  double At(const Node& node, int64_t step) const {
    const auto series = series_.find({node.level, node.id});
    if (series == series_.end()) return 0;
    const auto units = series->second.find(step);
    return units == series->second.end() ? 0 : units->second;
  }

 private:
  void Add(const Node& node, const DailySales& days) {
    std::map<int64_t, double>& series = series_[{node.level, node.id}];
    for (const auto& [day, sold] : days) {
      series[StepOf(day, grain_)] += static_cast<double>(sold.units) / base::Decimal::kOne;
    }
  }

  v1::Grain grain_ = v1::GRAIN_DAY;
  int64_t last_step_ = 0;
  std::map<std::pair<Level, std::string>, std::map<int64_t, double>> series_;
};

// Errors one step ahead of a series, run after run.
struct StepErrorsOf {
  std::vector<double> errors;
  double variance = 0, size = 0;
};

class Collector {
 public:
  explicit Collector(const Actuals& actuals) : actuals_(actuals) {}

  absl::Status Add(const Node& node, const StoredForecast& forecast) {
    LevelScore& score = report_.levels[node.level];
    score.series += seen_.insert({node.level, node.id}).second ? 1 : 0;
    for (size_t i = 0; i < forecast.mean.size(); ++i) {
      const int64_t step = forecast.first_step + static_cast<int64_t>(i);
      if (step > actuals_.last_step()) break;
      const std::vector<double> bounds = QuantilesAt(forecast, i, kBounds);
      ScoredForecast scored;
      scored.actual = actuals_.At(node, step);
      scored.forecast = forecast.mean[i];
      scored.naive = forecast.naive[i];
      scored.step = static_cast<int>(i) + 1;
      scored.scale = forecast.naive_scale;
      scored.squared_scale = forecast.squared_scale;
      scored.lower = {bounds[1], bounds[0]};
      scored.upper = {bounds[2], bounds[3]};
      RETURN_IF_ERROR(score.monitor.Add(scored));
      if (i > 0) continue;
      StepErrorsOf& first = first_steps_[{node.level, node.id}];
      first.errors.push_back(scored.actual - scored.forecast);
      first.variance = std::max(first.variance, forecast.variance.front());
      first.size += scored.actual;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<AccuracyReport> Finish() && {
    for (const auto& [key, first] : first_steps_) {
      if (first.variance <= 0) continue;
      ASSIGN_OR_RETURN(DriftDetector detector, DriftDetector::Make(std::sqrt(first.variance), {}));
      double sum = 0;
      for (const double error : first.errors) {
        detector.Add(error);
        sum += error;
      }
      if (detector.alarms() == 0) continue;
      report_.drifts.push_back(
          {{key.first, key.second}, detector.tracking_signal(), first.size > 0 ? -sum / first.size : 0});
    }
    std::stable_sort(report_.drifts.begin(), report_.drifts.end(), [](const auto& a, const auto& b) {
      return std::abs(a.tracking_signal) > std::abs(b.tracking_signal);
    });
    if (report_.drifts.size() > kMaxDrifts) report_.drifts.resize(kMaxDrifts);
    return std::move(report_);
  }

  AccuracyReport& report() { return report_; }

 private:
  const Actuals& actuals_;
  AccuracyReport report_;
  std::set<std::pair<Level, std::string>> seen_;
  std::map<std::pair<Level, std::string>, StepErrorsOf> first_steps_;
};

// Those of the time asked for, the oldest first, spread evenly.
std::vector<Run> RunsToCompare(const std::vector<Run>& newest_first, const AccuracyQuestion& question) {
  std::vector<Run> fitting;
  for (auto run = newest_first.rbegin(); run != newest_first.rend(); ++run) {
    const bool due = LastWholeStep(run->data_until, question.grain) < LastWholeStep(question.to, question.grain);
    if (run->state == v1::ForecastRun::STATE_DONE && run->data_until >= question.from && due) fitting.push_back(*run);
  }
  if (fitting.size() <= kRunsCompared) return fitting;
  std::vector<Run> chosen;
  for (size_t i = 0; i < kRunsCompared; ++i) {
    chosen.push_back(fitting[i * (fitting.size() - 1) / (kRunsCompared - 1)]);
  }
  return chosen;
}

absl::Status AddRun(RunStore& store, const Run& run, const AccuracyQuestion& question, Collector& collector) {
  if (question.node.has_value()) {
    const auto forecast = store.Read(run.shop, run.number, question.grain, *question.node);
    if (absl::IsNotFound(forecast.status())) return absl::OkStatus();
    RETURN_IF_ERROR(forecast.status());
    return collector.Add(*question.node, *forecast);
  }
  for (const Level level : {Level::kShop, Level::kCategory, Level::kProduct}) {
    RETURN_IF_ERROR(ForEachForecast(store, run, question.grain, level, [&](const Node& node, StoredForecast forecast) {
      return collector.Add(node, forecast);
    }));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AccuracyReport> MeasureAccuracy(PastReader& pasts, DemandStore& demand, RunStore& runs,
                                               const fleet::Shop& shop, const AccuracyQuestion& question) {
  ASSIGN_OR_RETURN(const absl::CivilDay until, pasts.LastWholeDay(shop));
  ASSIGN_OR_RETURN(const std::vector<Run> all, runs.List(shop.id, 0, kMaxRuns));
  AccuracyQuestion bounded = question;
  bounded.to = std::min(question.to, until);
  const std::vector<Run> compared = RunsToCompare(all, bounded);
  if (compared.empty()) return AccuracyReport();
  ASSIGN_OR_RETURN(const Actuals actuals,
                   Actuals::Read(demand, shop, question.grain, compared.front().data_until - 31, until));
  Collector collector(actuals);
  for (const Run& run : compared) {
    ++collector.report().runs;
    RETURN_IF_ERROR(AddRun(runs, run, bounded, collector));
  }
  return std::move(collector).Finish();
}

}  // namespace kontor::forecasting
