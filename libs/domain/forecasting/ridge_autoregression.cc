#include "libs/domain/forecasting/ridge_autoregression.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace kontor::forecasting {
namespace {

std::vector<int> LagsOf(LagSet set, const TwoSeasons& seasons, int count) {
  const int a = seasons.first, b = seasons.second;
  std::set<int> lags;
  const auto range = [&](int from, int to) {
    for (int lag = from; lag <= to; ++lag) lags.insert(lag);
  };
  switch (set) {
    case LagSet::kSparse:
      lags = {1, 2, 3, a, a + 1, 2 * a, b, b + 1};
      break;
    case LagSet::kBroad:
      range(1, 4);
      range(a - 2, a + 2);
      range(2 * a, 2 * a + 1);
      for (int k = 3; k <= 6 && k * a < b; ++k) lags.insert(k * a);
      range(b - 1, b + 2);
      break;
    case LagSet::kDense:
      range(1, a + 2);
      range(2 * a - 1, 2 * a + 1);
      range(3 * a - 1, 3 * a);
      for (const int k : {4, 5, 6, 8}) lags.insert(k * a);
      range(b - 2, b + 3);
      lags.insert(2 * b);
      break;
  }
  std::vector<int> found;
  for (const int lag : lags) {
    if (lag >= 1 && lag <= count - a) found.push_back(lag);
  }
  return found;
}

// What was learned: coefficients of the lags, of the two means, of the phases.
struct Regression {
  TwoSeasons seasons;
  std::vector<int> lags;
  std::vector<double> coefficients;

  // The row of step t of the standardised values and their running sums, sums[t] of those before t.
  void Fill(const std::vector<double>& values, const std::vector<double>& sums, int t, double* row) const {
    size_t k = 0;
    for (const int lag : lags) row[k++] = values[t - lag];
    for (const int length : {seasons.first, seasons.second}) row[k++] = (sums[t] - sums[t - length]) / length;
    std::fill(row + k, row + k + seasons.first, 0.0);
    row[k + t % seasons.first] = 1;
  }
  size_t columns() const { return lags.size() + 2 + static_cast<size_t>(seasons.first); }
  double At(const double* row) const { return std::inner_product(coefficients.begin(), coefficients.end(), row, 0.0); }
};

class RidgeModel : public FittedModel {
 public:
  RidgeModel(Values values, const TwoSeasons& seasons, const RidgeOptions& options)
      : logs_(options.logs && *std::min_element(values.begin(), values.end()) > 0) {
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    lowest_ = *least;
    highest_ = *greatest + .2 * (*greatest - *least);
    Standardise(values);
    regression_.seasons = seasons;
    regression_.lags = LagsOf(options.lags, seasons, static_cast<int>(values.size()));
    Learn(options);
  }

  Prediction Predict(int horizon) const override {
    Prediction prediction;
    std::vector<double> values = values_, sums = sums_, row(regression_.columns());
    for (int h = 0; h < horizon; ++h) {
      regression_.Fill(values, sums, static_cast<int>(values.size()), row.data());
      // Far beyond anything seen nothing is to be learned, and a path that grows without bound would overflow.
      const double value = std::clamp(regression_.At(row.data()), -kFar, kFar);
      values.push_back(value);
      sums.push_back(sums.back() + value);
      prediction.mean.push_back(Restored(value));
    }
    return prediction;
  }

  Values fitted() const override { return fitted_; }
  std::string Describe() const override { return "ridge autoregression"; }

 private:
  static constexpr double kFar = 30;  // standard deviations

  void Standardise(Values values) {
    for (const double value : values) values_.push_back(logs_ ? std::log(value) : value);
    const double count = static_cast<double>(values.size());
    mean_ = std::accumulate(values_.begin(), values_.end(), 0.0) / count;
    double square = 0;
    for (const double value : values_) square += (value - mean_) * (value - mean_);
    deviation_ = square > 0 ? std::sqrt(square / count) : 1;
    sums_ = {0};
    for (double& value : values_) {
      value = (value - mean_) / deviation_;
      sums_.push_back(sums_.back() + value);
    }
  }

  void Learn(const RidgeOptions& options) {
    const int count = static_cast<int>(values_.size());
    const int from = std::max(regression_.lags.back(), regression_.seasons.second);
    const auto columns = static_cast<Eigen::Index>(regression_.columns());
    using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    Rows rows(count - from, columns);
    for (int t = from; t < count; ++t) regression_.Fill(values_, sums_, t, rows.row(t - from).data());
    Eigen::VectorXd prior = Eigen::VectorXd::Zero(columns);
    if (options.lags == LagSet::kDense) {
      const std::pair<int, double> kPrior[] = {
          {regression_.seasons.second, .4}, {2 * regression_.seasons.second, .3}, {regression_.seasons.first, .3}};
      for (const auto& [lag, weight] : kPrior) {
        const auto place = std::find(regression_.lags.begin(), regression_.lags.end(), lag);
        if (place != regression_.lags.end()) prior[place - regression_.lags.begin()] = weight;
      }
    }
    Eigen::MatrixXd products = Eigen::MatrixXd::Zero(columns, columns);
    products.selfadjointView<Eigen::Lower>().rankUpdate(rows.transpose());
    products.diagonal().array() += options.penalty;
    const Eigen::Map<const Eigen::VectorXd> targets(values_.data() + from, count - from);
    const Eigen::VectorXd right = rows.transpose() * (targets - rows * prior);
    const Eigen::VectorXd solution = prior + products.selfadjointView<Eigen::Lower>().llt().solve(right);
    regression_.coefficients.assign(solution.begin(), solution.end());
    fitted_.assign(from, std::numeric_limits<double>::quiet_NaN());
    const Eigen::VectorXd expected = rows * solution;
    for (const double value : expected) fitted_.push_back(Restored(value));
  }

  double Restored(double value) const {
    const double plain = value * deviation_ + mean_;
    return std::clamp(logs_ ? std::exp(plain) : plain, lowest_, highest_);
  }

  bool logs_;
  double lowest_ = 0, highest_ = 0, mean_ = 0, deviation_ = 1;
  std::vector<double> values_, sums_;  // standardised
  Regression regression_;
  std::vector<double> fitted_;
};

}  // namespace

std::unique_ptr<FittedModel> FitRidgeAutoregression(Values values, const TwoSeasons& seasons,
                                                    const RidgeOptions& options) {
  return std::make_unique<RidgeModel>(values, seasons, options);
}

}  // namespace kontor::forecasting
