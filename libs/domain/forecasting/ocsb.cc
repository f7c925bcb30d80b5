#include "libs/domain/forecasting/ocsb.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "libs/domain/forecasting/unit_root.h"

namespace kontor::forecasting {
namespace {

struct Test {
  double statistic = std::numeric_limits<double>::quiet_NaN();
  double aic = std::numeric_limits<double>::infinity();
};

// x[t] - constant - sum of coefficients × x[t - k], t from `lags` on.
Eigen::VectorXd Filtered(const std::vector<double>& values, const Eigen::VectorXd& coefficients, int lags) {
  const auto count = static_cast<Eigen::Index>(values.size());
  Eigen::VectorXd rest(count - lags);
  for (Eigen::Index t = lags; t < count; ++t) {
    rest[t - lags] = values[t] - coefficients[0];
    for (int k = 1; k <= lags; ++k) rest[t - lags] -= coefficients[k] * values[t - k];
  }
  return rest;
}

// Rows from the `skipped`-th value of the twice differenced series on.
Test Run(Values values, int season, int lags, int skipped) {
  const std::vector<double> seasonal = Difference(values, season, 1), plain = Difference(values, 1, 1);
  const std::vector<double> both = Difference(seasonal, 1, 1);
  const Eigen::Index rows = static_cast<Eigen::Index>(both.size()) - skipped;
  if (rows < lags + 5) return {};
  Eigen::VectorXd target(rows);
  Eigen::MatrixXd own(rows, lags + 1);
  for (Eigen::Index i = 0; i < rows; ++i) {
    target[i] = both[i + skipped];
    own(i, 0) = 1;
    for (int k = 1; k <= lags; ++k) own(i, k) = both[i + skipped - k];
  }
  const Eigen::VectorXd coefficients = own.colPivHouseholderQr().solve(target);
  const Eigen::VectorXd z4 = Filtered(seasonal, coefficients, lags), z5 = Filtered(plain, coefficients, lags);
  Eigen::MatrixXd design(rows, lags + 2);
  design.leftCols(lags) = own.rightCols(lags);
  // Row i is step season + 1 + skipped + i; the one before it and the one a season before it.
  design.col(lags) = z4.segment(skipped - lags, rows);
  design.col(lags + 1) = z5.segment(skipped - lags, rows);
  const Eigen::LDLT<Eigen::MatrixXd> products((design.transpose() * design).eval());
  const Eigen::VectorXd solution = products.solve(design.transpose() * target);
  const double sum = (target - design * solution).squaredNorm(), size = static_cast<double>(rows);
  const Eigen::VectorXd last = products.solve(Eigen::VectorXd::Unit(lags + 2, lags + 1));
  const double error = sum / (size - static_cast<double>(lags + 2)) * last[lags + 1];
  if (!(sum > 0) || !(error > 0)) return {};
  return {solution[lags + 1] / std::sqrt(error), size * std::log(sum / size) + 2.0 * (lags + 2)};
}

}  // namespace

double OcsbStatistic(Values values, int season, int lags) { return Run(values, season, lags, lags).statistic; }

bool OcsbNeedsDifference(Values values, int season) {
  int best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (int lags = 1; lags <= 3; ++lags) {
    const double aic = Run(values, season, lags, 3).aic;
    if (aic >= least) continue;
    least = aic;
    best = lags;
  }
  if (best == 0) return false;
  const double place = std::log(season) - .7656451;
  const double critical = -.2937411 * std::exp(-.2850853 * place - .05983644 * place * place) - 1.652202;
  return OcsbStatistic(values, season, best) > critical;
}

}  // namespace kontor::forecasting
