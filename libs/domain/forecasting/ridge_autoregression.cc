#include "libs/domain/forecasting/ridge_autoregression.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr int kRowsAColumn = 5, kMostPlaces = 60;
constexpr double kBeyond = 0.2;  // of the range, above the highest value

// What a row is made of.
struct Columns {
  std::vector<int> lags, means;  // means of the last so many values
  int places = 0;                // of the shortest season; 0: a constant

  int longest() const { return std::max(lags.back(), means.empty() ? 0 : means.back()); }
  int size() const { return static_cast<int>(lags.size() + means.size()) + std::max(1, places); }
};

// The standardised past with its running sums, to which forecasts are appended.
class Past {
 public:
  Past(std::vector<double> values, int places) : values_(std::move(values)), places_(std::max(1, places)) {
    first_place_ = (places_ - static_cast<int>(values_.size()) % places_) % places_;
    sums_.assign(1, 0);
    for (const double value : values_) sums_.push_back(sums_.back() + value);
  }

  size_t size() const { return values_.size(); }
  double operator[](size_t t) const { return values_[t]; }
  void Append(double value) {
    values_.push_back(value);
    sums_.push_back(sums_.back() + value);
  }
  // The row of time t, which may be the one after the last.
  template <typename Row>
  void Fill(size_t t, const Columns& columns, Row&& row) const {
    Eigen::Index at = 0;
    for (const int lag : columns.lags) row[at++] = values_[t - lag];
    for (const int mean : columns.means) row[at++] = (sums_[t] - sums_[t - mean]) / mean;
    for (int place = 0; place < places_; ++place) row[at + place] = 0;
    row[at + (static_cast<int>(t) + first_place_) % places_] = 1;
  }

 private:
  std::vector<double> values_, sums_;
  const int places_;
  int first_place_;  // so that the step after the past is at place 0
};

class RidgeModel final : public FittedModel {
 public:
  struct State {
    Columns columns;
    Eigen::VectorXd coefficients;
    std::vector<double> past;  // standardised
    double mean = 0, deviation = 1;
    bool logarithm = false;
    double low = 0, high = 0;
    std::vector<double> fitted;
  };
  explicit RidgeModel(State state) : state_(std::move(state)) {}

  Prediction Predict(int horizon) const override {
    Past past(state_.past, state_.columns.places);
    Eigen::VectorXd row(state_.columns.size());
    Prediction prediction;
    for (int step = 0; step < horizon; ++step) {
      past.Fill(past.size(), state_.columns, row);
      past.Append(row.dot(state_.coefficients));
      prediction.mean.push_back(Back(past[past.size() - 1]));
    }
    return prediction;
  }
  Values fitted() const override { return state_.fitted; }
  std::string Describe() const override {
    return absl::StrCat("ridge autoregression of ", state_.columns.lags.size(), " lags",
                        state_.logarithm ? " in logarithms" : "");
  }

  double Back(double standardised) const {
    const double value = standardised * state_.deviation + state_.mean;
    return std::clamp(state_.logarithm ? std::exp(value) : value, state_.low, state_.high);
  }
  void SetFitted(std::vector<double> fitted) { state_.fitted = std::move(fitted); }

 private:
  State state_;
};

// Those of the options that leave enough rows; false where not even one does.
bool ChooseColumns(const Series& series, const std::vector<int>& lags, Columns& columns) {
  columns.lags = lags;
  columns.means = series.seasons;
  columns.places = series.season() <= kMostPlaces && series.season() > 1 ? series.season() : 0;
  const auto rows = [&] { return static_cast<int>(series.values.size()) - columns.longest(); };
  while (rows() < kRowsAColumn * columns.size()) {
    if (!columns.means.empty() && columns.means.back() >= columns.lags.back()) {
      columns.means.pop_back();
    } else if (columns.lags.size() > 1) {
      columns.lags.pop_back();
    } else {
      return false;
    }
  }
  return true;
}

Eigen::VectorXd Solve(const Past& past, const Columns& columns, const RidgeAutoregressionOptions& options) {
  const auto first = static_cast<size_t>(columns.longest());
  const auto rows = static_cast<Eigen::Index>(past.size() - first);
  Eigen::MatrixXd x(rows, columns.size());
  Eigen::VectorXd y(rows);
  for (Eigen::Index r = 0; r < rows; ++r) {
    past.Fill(first + static_cast<size_t>(r), columns, x.row(r));
    y[r] = past[first + static_cast<size_t>(r)];
  }
  Eigen::VectorXd prior = Eigen::VectorXd::Zero(columns.size());
  for (const auto& [lag, coefficient] : options.priors) {
    const auto found = std::find(columns.lags.begin(), columns.lags.end(), lag);
    if (found != columns.lags.end()) prior[found - columns.lags.begin()] = coefficient;
  }
  Eigen::MatrixXd products = Eigen::MatrixXd::Zero(columns.size(), columns.size());
  products.selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
  products.diagonal().array() += options.penalty;
  const Eigen::VectorXd rest = x.transpose() * (y - x * prior);
  return prior + products.selfadjointView<Eigen::Lower>().llt().solve(rest);
}

std::vector<double> FittedValues(const RidgeModel& model, const Past& past, const Columns& columns,
                                 const Eigen::VectorXd& coefficients) {
  std::vector<double> fitted(past.size(), std::numeric_limits<double>::quiet_NaN());
  Eigen::VectorXd row(columns.size());
  for (auto t = static_cast<size_t>(columns.longest()); t < past.size(); ++t) {
    past.Fill(t, columns, row);
    fitted[t] = model.Back(row.dot(coefficients));
  }
  return fitted;
}

std::vector<int> Sorted(std::vector<int> lags) {
  std::sort(lags.begin(), lags.end());
  lags.erase(std::unique(lags.begin(), lags.end()), lags.end());
  lags.erase(lags.begin(), std::find_if(lags.begin(), lags.end(), [](int lag) { return lag > 0; }));
  return lags;
}

void AddRange(int from, int to, std::vector<int>& lags) {
  for (int lag = from; lag <= to; ++lag) lags.push_back(lag);
}

RidgeAutoregressionOptions Logarithms(int season, int cycle) {
  std::vector<int> lags;
  AddRange(1, 4, lags);
  AddRange(season - 2, season + 2, lags);
  for (const int seasons : {2, 3, 4, 5, 6}) lags.push_back(seasons * season);
  lags.push_back(2 * season + 1);
  if (cycle > 0) AddRange(cycle - 1, cycle + 2, lags);
  return {true, 1, Sorted(lags), {}};
}

RidgeAutoregressionOptions Few(int season, int cycle) {
  std::vector<int> lags = {1, 2, 3, season, season + 1, 2 * season};
  if (cycle > 0) AddRange(cycle, cycle + 1, lags);
  return {false, 1, Sorted(lags), {}};
}

RidgeAutoregressionOptions Wide(int season, int cycle) {
  std::vector<int> lags;
  AddRange(1, season + 2, lags);
  AddRange(2 * season - 1, 2 * season + 1, lags);
  AddRange(3 * season - 1, 3 * season, lags);
  for (const int seasons : {4, 5, 6}) lags.push_back(seasons * season);
  if (cycle > 0) {
    AddRange(cycle - 2, cycle + 3, lags);
    for (const int lag : {cycle + season, 2 * cycle}) lags.push_back(lag);
  }
  const int whole = cycle > 0 ? cycle : 2 * season;
  return {true, 10, Sorted(lags), {{season, 0.3}, {whole, 0.4}, {2 * whole, 0.3}}};
}

Method MethodOf(const char* name, std::function<RidgeAutoregressionOptions(int season, int cycle)> options) {
  return {name, [options](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            RETURN_IF_ERROR(CheckSeries(series));
            if (series.seasons.empty()) return absl::FailedPreconditionError("the series has no season");
            return FitRidgeAutoregression(series,
                                          options(series.season(), series.seasons.size() > 1 ? series.seasons[1] : 0));
          }};
}

}  // namespace

absl::StatusOr<std::unique_ptr<FittedModel>> FitRidgeAutoregression(const Series& series,
                                                                    const RidgeAutoregressionOptions& options) {
  RETURN_IF_ERROR(CheckSeries(series));
  if (options.lags.empty() || options.lags.front() < 1) {
    return absl::InvalidArgumentError("lags are whole numbers of steps from 1 on");
  }
  RidgeModel::State state;
  if (!ChooseColumns(series, options.lags, state.columns)) {
    return absl::FailedPreconditionError("too few values for an autoregression");
  }
  const auto [low, high] = std::minmax_element(series.values.begin(), series.values.end());
  state.low = *low;
  state.high = *high + kBeyond * (*high - *low);
  state.logarithm = options.logarithm && *low > 0;
  state.past.assign(series.values.begin(), series.values.end());
  if (state.logarithm) {
    for (double& value : state.past) value = std::log(value);
  }
  Eigen::Map<Eigen::VectorXd> past(state.past.data(), static_cast<Eigen::Index>(state.past.size()));
  state.mean = past.mean();
  past.array() -= state.mean;
  const double deviation = std::sqrt(past.squaredNorm() / static_cast<double>(past.size()));
  state.deviation = deviation > 0 ? deviation : 1;
  past /= state.deviation;
  const Past rows(state.past, state.columns.places);
  state.coefficients = Solve(rows, state.columns, options);
  const Columns columns = state.columns;
  const Eigen::VectorXd coefficients = state.coefficients;
  auto model = std::make_unique<RidgeModel>(std::move(state));
  model->SetFitted(FittedValues(*model, rows, columns, coefficients));
  return model;
}

std::vector<Method> RidgeAutoregressionMethods() {
  return {MethodOf("autoregression_log", Logarithms), MethodOf("autoregression", Few),
          MethodOf("autoregression_wide", Wide)};
}

}  // namespace kontor::forecasting
