#include "libs/domain/forecasting/arima.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/arima_search.h"
#include "libs/domain/forecasting/unit_root.h"

namespace kontor::forecasting {
namespace {

// (1 - B)^d (1 - B^season)^D, the coefficients of lags 0, 1, ...
std::vector<double> DifferencePolynomial(const ArimaOrder& order) {
  std::vector<double> product(order.differences() + 1, 0);
  product[0] = 1;
  const auto multiply = [&](int lag) {
    for (int i = static_cast<int>(product.size()) - 1; i >= lag; --i) product[i] -= product[i - lag];
  };
  for (int i = 0; i < order.d; ++i) multiply(1);
  for (int i = 0; i < order.seasonal_d; ++i) multiply(order.season);
  return product;
}

// The model of the values themselves: the differences go into the autoregression.
Arma Integrated(const ArimaFit& fit) {
  const std::vector<double> differences = DifferencePolynomial(fit.order);
  std::vector<double> dense(differences.size() + fit.arma.ar_lags(), 0);
  for (size_t i = 0; i < differences.size(); ++i) {
    dense[i] += differences[i];
    for (const LagTerm& term : fit.arma.ar) dense[i + term.lag] -= term.value * differences[i];
  }
  Arma whole{.ma = fit.arma.ma};
  for (size_t lag = 1; lag < dense.size(); ++lag) {
    if (dense[lag] != 0) whole.ar.push_back({static_cast<int>(lag), -dense[lag]});
  }
  return whole;
}

// What the constant adds to each differenced value.
double ConstantStep(const ArimaFit& fit) {
  if (!fit.order.constant) return 0;
  return fit.coefficients[0] * (fit.order.seasonal_d > 0 ? fit.order.season : 1);
}

double RegressionOf(const ArimaFit& fit, absl::Span<const Regressor* const> regressors, size_t t) {
  const size_t first = fit.order.constant ? 1 : 0;
  double sum = 0;
  for (size_t k = 0; k < regressors.size(); ++k) sum += fit.coefficients[first + k] * regressors[k]->values[t];
  return sum;
}

class FixedModel : public FittedModel {
 public:
  explicit FixedModel(ArimaModel model) : model_(std::move(model)) {}
  Prediction Predict(int horizon) const override { return model_.Predict(horizon).value(); }  // has no regressors
  Values fitted() const override { return model_.fitted(); }
  std::string Describe() const override { return model_.Describe(); }

 private:
  ArimaModel model_;
};

absl::Status CheckInput(Values values, absl::Span<const Regressor> regressors) {
  RETURN_IF_ERROR(CheckSeries({values, {}}));
  return CheckPastRegressors(regressors, values.size());
}

}  // namespace

absl::StatusOr<ArimaModel> ArimaModel::Fit(Values values, const ArimaOrder& order,
                                           absl::Span<const Regressor> regressors) {
  RETURN_IF_ERROR(CheckInput(values, regressors));
  RETURN_IF_ERROR(CheckOrder(order));
  if (values.size() <= static_cast<size_t>(order.differences())) {
    return absl::FailedPreconditionError(
        absl::StrCat(ToString(order), " needs more than ", order.differences(), " values"));
  }
  ArimaFitter fitter(values, order, regressors);
  return Make({values.begin(), values.end()}, fitter.Fit(order, nullptr), {regressors.begin(), regressors.end()});
}

absl::StatusOr<ArimaModel> ArimaModel::Search(const Series& series, absl::Span<const Regressor> regressors) {
  RETURN_IF_ERROR(CheckSeries(series));
  RETURN_IF_ERROR(CheckInput(series.values, regressors));
  const int season = series.season() <= 350 ? series.season() : 1;
  return Make({series.values.begin(), series.values.end()}, SearchArima(series.values, season, regressors),
              {regressors.begin(), regressors.end()});
}

ArimaModel ArimaModel::Make(std::vector<double> values, ArimaFit fit, std::vector<Regressor> regressors) {
  ArimaModel model;
  std::vector<const Regressor*> borrowed;
  for (const Regressor& regressor : regressors) {
    borrowed.push_back(&regressor);
    model.names_.push_back(regressor.name);
  }
  std::vector<double> rest = values;
  for (size_t t = 0; t < rest.size(); ++t) rest[t] -= RegressionOf(fit, borrowed, t);
  const ArimaOrder& order = fit.order;
  std::vector<double> differenced = Difference(Difference(rest, order.season, order.seasonal_d), 1, order.d);
  for (double& value : differenced) value -= ConstantStep(fit);
  ArmaFilter filter;
  filter.Run(fit.arma, ArmaFilter::Start::kStationary, {Values(differenced)});
  model.state_ = filter.State(0);
  model.fitted_.assign(values.size(), std::numeric_limits<double>::quiet_NaN());
  const std::vector<double> errors = filter.Innovations(0);
  for (size_t t = 0; t < errors.size(); ++t) {
    const size_t place = t + order.differences();
    model.fitted_[place] = values[place] - errors[t];
  }
  model.last_.assign(rest.end() - order.differences(), rest.end());
  model.fit_ = std::move(fit);
  model.values_ = std::move(values);
  model.regressors_ = std::move(regressors);
  return model;
}

absl::StatusOr<Prediction> ArimaModel::Predict(int horizon, absl::Span<const Regressor> future) const {
  std::vector<const Regressor*> regressors;
  RETURN_IF_ERROR(CheckFutureRegressors(names_, future, horizon, regressors));
  Prediction prediction{.mean = ForecastFrom(fit_.arma, state_, horizon)};
  const std::vector<double> differences = DifferencePolynomial(fit_.order);
  std::vector<double> path = last_;
  const double step = ConstantStep(fit_);
  for (int h = 0; h < horizon; ++h) {
    double value = prediction.mean[h] + step;
    for (size_t lag = 1; lag < differences.size(); ++lag) value -= differences[lag] * path[path.size() - lag];
    path.push_back(value);
    prediction.mean[h] = value + RegressionOf(fit_, regressors, h);
  }
  double sum = 0;
  for (const double psi : PsiWeights(Integrated(fit_), horizon - 1)) {
    sum += psi * psi;
    prediction.variance.push_back(fit_.variance * sum);
  }
  return prediction;
}

absl::StatusOr<ArimaModel> ArimaModel::Update(Values added, absl::Span<const Regressor> regressors) const {
  RETURN_IF_ERROR(CheckSeries({added, {}}));
  std::vector<const Regressor*> found;
  RETURN_IF_ERROR(CheckFutureRegressors(names_, regressors, static_cast<int>(added.size()), found));
  std::vector<double> values = values_;
  values.insert(values.end(), added.begin(), added.end());
  std::vector<Regressor> longer = regressors_;
  for (size_t k = 0; k < longer.size(); ++k) {
    const auto first = found[k]->values.begin();
    longer[k].values.insert(longer[k].values.end(), first, first + static_cast<ptrdiff_t>(added.size()));
  }
  return Make(std::move(values), fit_, std::move(longer));
}

std::string ArimaModel::Describe() const {
  return names_.empty() ? ToString(fit_.order)
                        : absl::StrCat(ToString(fit_.order), " on ", absl::StrJoin(names_, ", "));
}

Method AutoArimaMethod() {
  return {"auto_arima", [](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            ASSIGN_OR_RETURN(ArimaModel model, ArimaModel::Search(series));
            return std::make_unique<FixedModel>(std::move(model));
          }};
}

Method ArimaMethod(const ArimaOrder& order) {
  return {absl::AsciiStrToLower(ToString(order)),
          [order](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
            ASSIGN_OR_RETURN(ArimaModel model, ArimaModel::Fit(series.values, order));
            return std::make_unique<FixedModel>(std::move(model));
          }};
}

}  // namespace kontor::forecasting
