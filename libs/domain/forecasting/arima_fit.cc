#include "libs/domain/forecasting/arima_fit.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>

#include "libs/domain/forecasting/unit_root.h"

namespace kontor::forecasting {
namespace {

constexpr double kLimit = 4;         // of a parameter: a partial autocorrelation of .9993
constexpr double kStep = 1e-5;       // of a numerical derivative
constexpr double kTolerance = 1e-8;  // of the sum of squares, relative
constexpr double kStableRadius = 1.01;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<double> Differenced(Values values, const ArimaOrder& order) {
  return Difference(Difference(values, order.season, order.seasonal_d), 1, order.d);
}

std::vector<double> PartialsOf(const std::vector<double>& parameters) {
  std::vector<double> partials;
  for (const double parameter : parameters) partials.push_back(std::tanh(parameter));
  return partials;
}

double SumOfSquares(Values values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

double Correlation(Values values, int lag) {
  double product = 0;
  for (size_t t = lag; t < values.size(); ++t) product += values[t] * values[t - lag];
  const double square = SumOfSquares(values);
  return square > 0 ? std::clamp(product / square, -.9, .9) : 0;
}

bool IsStable(const std::vector<LagTerm>& terms, double sign) {
  std::vector<double> dense(terms.empty() ? 0 : terms.back().lag, 0);
  for (const LagTerm& term : terms) dense[term.lag - 1] = sign * term.value;
  return RootsBeyond(dense, kStableRadius);
}

double Dot(Values first, Values second) {
  double sum = 0;
  for (size_t i = 0; i < first.size(); ++i) sum += first[i] * second[i];
  return sum;
}

}  // namespace

ArimaFitter::ArimaFitter(Values values, const ArimaOrder& order, absl::Span<const Regressor> regressors)
    : response_(Differenced(values, order)) {
  const double size = SumOfSquares(response_) / static_cast<double>(response_.size());
  scale_ = size > 0 ? std::sqrt(size) : 1;
  scaled_ = response_;
  for (double& value : scaled_) value /= scale_;
  std::vector<double> time(values.size());
  for (size_t t = 0; t < time.size(); ++t) time[t] = order.differences() > 0 ? static_cast<double>(t) : 1;
  constant_ = Differenced(time, order);
  for (const Regressor& regressor : regressors) columns_.push_back(Differenced(regressor.values, order));
}

void ArimaFitter::Select(const ArimaOrder& order) {
  selected_ = {scaled_};
  if (order.constant) selected_.push_back(constant_);
  for (const std::vector<double>& column : columns_) selected_.push_back(column);
  coefficients_.assign(selected_.size() - 1, 0);
}

// The coefficients of least squares of the whitened response on the whitened columns.
void ArimaFitter::Solve(const Values* whitened) {
  const size_t count = coefficients_.size();
  Eigen::MatrixXd products(count, count);
  Eigen::VectorXd right(count);
  for (size_t i = 0; i < count; ++i) {
    right[i] = Dot(whitened[i + 1], whitened[0]);
    for (size_t j = 0; j <= i; ++j) products(i, j) = products(j, i) = Dot(whitened[i + 1], whitened[j + 1]);
  }
  const Eigen::VectorXd solution = products.completeOrthogonalDecomposition().solve(right);
  for (size_t i = 0; i < count; ++i) coefficients_[i] = solution[i];
}

double ArimaFitter::Evaluate(const ArimaOrder& order, ArmaFilter::Start start, const std::vector<double>& parameters,
                             std::vector<double>& residuals) {
  const Arma arma = MakeArma(order, PartialsOf(parameters));
  if (!filter_.Run(arma, start, selected_)) return kInfinity;
  std::vector<Values> whitened;
  for (size_t c = 0; c < selected_.size(); ++c) whitened.push_back(filter_.whitened(c));
  const size_t length = scaled_.size();
  residuals.assign(whitened[0].begin(), whitened[0].end());
  if (coefficients_.size() == 1) {
    const double square = SumOfSquares(whitened[1]);
    coefficients_[0] = square > 0 ? Dot(whitened[0], whitened[1]) / square : 0;
  } else if (coefficients_.size() > 1) {
    Solve(whitened.data());
  }
  for (size_t c = 0; c < coefficients_.size(); ++c) {
    for (size_t t = 0; t < length; ++t) residuals[t] -= coefficients_[c] * whitened[c + 1][t];
  }
  const double factor = std::exp(filter_.log_determinant() / (2 * static_cast<double>(length)));
  double sum = 0;
  for (double& residual : residuals) {
    residual *= factor;
    sum += residual * residual;
  }
  return std::isfinite(sum) ? sum : kInfinity;
}

void ArimaFitter::Minimise(const ArimaOrder& order, ArmaFilter::Start start, std::vector<double>& parameters) {
  const int count = static_cast<int>(parameters.size());
  if (count == 0) return;
  const size_t length = scaled_.size();
  std::vector<double> residuals, moved;
  double best = Evaluate(order, start, parameters, residuals), damping = 1e-3;
  Eigen::MatrixXd jacobian(length, count);
  for (int round = 0; round < 40 && std::isfinite(best); ++round) {
    const Eigen::Map<const Eigen::VectorXd> errors(residuals.data(), static_cast<Eigen::Index>(length));
    for (int j = 0; j < count; ++j) {
      std::vector<double> place = parameters;
      const double step = place[j] > 0 ? -kStep : kStep;
      place[j] += step;
      if (!std::isfinite(Evaluate(order, start, place, moved))) moved = residuals;
      jacobian.col(j) = (Eigen::Map<const Eigen::VectorXd>(moved.data(), errors.size()) - errors) / step;
    }
    const Eigen::MatrixXd curvature = jacobian.transpose() * jacobian;
    const Eigen::VectorXd slope = jacobian.transpose() * errors;
    double gain = 0;
    for (int attempt = 0; attempt < 8 && gain == 0; ++attempt) {
      Eigen::MatrixXd damped = curvature;
      damped.diagonal() += damping * curvature.diagonal() + Eigen::VectorXd::Constant(count, 1e-9);
      const Eigen::VectorXd direction = -damped.ldlt().solve(slope);
      std::vector<double> place = parameters;
      for (int j = 0; j < count; ++j)
        place[j] = std::clamp(place[j] + std::clamp(direction[j], -1.0, 1.0), -kLimit, kLimit);
      const double found = Evaluate(order, start, place, moved);
      if (found < best) {
        gain = (best - found) / best;
        best = found;
        parameters = place;
        residuals.swap(moved);
        damping = std::max(damping * .1, 1e-9);
      } else {
        damping *= 6;
      }
    }
    if (gain < kTolerance) break;
  }
}

std::vector<double> ArimaFitter::Start(const ArimaOrder& order, const ArimaFit* near) {
  std::vector<double> parameters;
  if (near != nullptr) {
    const ArimaOrder& from = near->order;
    const int had[] = {from.p, from.q, from.seasonal_p, from.seasonal_q};
    const int wanted[] = {order.p, order.q, order.seasonal_p, order.seasonal_q};
    int offset = 0;
    for (int k = 0; k < 4; ++k) {
      for (int i = 0; i < wanted[k]; ++i) parameters.push_back(i < had[k] ? near->parameters[offset + i] : 0);
      offset += had[k];
    }
    return parameters;
  }
  parameters.assign(order.coefficients(), 0);
  std::vector<double> residuals;
  Evaluate(order, ArmaFilter::Start::kConditional, parameters, residuals);
  if (order.p > 0) parameters[0] = std::atanh(Correlation(residuals, 1));
  if (order.seasonal_p > 0) parameters[order.p + order.q] = std::atanh(Correlation(residuals, order.season));
  Minimise(order, ArmaFilter::Start::kConditional, parameters);
  return parameters;
}

ArimaFit ArimaFitter::Fit(const ArimaOrder& order, const ArimaFit* near) {
  Select(order);
  std::vector<double> parameters = Start(order, near);
  Minimise(order, ArmaFilter::Start::kStationary, parameters);
  return Result(order, std::move(parameters));
}

ArimaFit ArimaFitter::Result(const ArimaOrder& order, std::vector<double> parameters) {
  std::vector<double> residuals;
  const double count = static_cast<double>(scaled_.size());
  const double least = Evaluate(order, ArmaFilter::Start::kStationary, parameters, residuals);
  // An exact fit has no likelihood; what remains of rounding stands for it.
  const double sum = std::max(least, 1e-20 * count) / std::exp(filter_.log_determinant() / count);
  ArimaFit fit{.order = order, .parameters = std::move(parameters)};
  fit.arma = MakeArma(order, PartialsOf(fit.parameters));
  for (const double coefficient : coefficients_) fit.coefficients.push_back(coefficient * scale_);
  const double size = static_cast<double>(order.coefficients()) + static_cast<double>(coefficients_.size()) + 1;
  fit.variance = sum * scale_ * scale_ / std::max(1.0, count - size + 1);
  fit.log_likelihood =
      -.5 * (count * (std::log(2 * M_PI * sum / count * scale_ * scale_) + 1) + filter_.log_determinant());
  const double aic = -2 * fit.log_likelihood + 2 * size;
  fit.aicc = count - size - 1 > 0 ? aic + 2 * size * (size + 1) / (count - size - 1) : count <= 3 ? aic : kInfinity;
  fit.stable = IsStable(fit.arma.ar, 1) && IsStable(fit.arma.ma, -1);
  if (!std::isfinite(least)) fit.aicc = kInfinity;
  return fit;
}

}  // namespace kontor::forecasting
