#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/trend_regression.h"

namespace kontor::forecasting {
namespace {

constexpr double kTrendPrior = 5;  // of offset and slope
constexpr double kNoisePrior = .5;
constexpr double kLeastChange = 1e-7;
constexpr double kLeastNoise = 1e-6;
constexpr int kMostSteps = 300;
constexpr double kTolerance = 1e-9;

absl::Status CheckOptions(const TrendRegressionOptions& options) {
  if (options.growth == Growth::kLogistic && !(options.cap > options.floor)) {
    return absl::InvalidArgumentError("logistic growth needs a cap above the floor");
  }
  if (options.change_points < 0 || !(options.change_range > 0 && options.change_range <= 1)) {
    return absl::InvalidArgumentError("change points are at least 0, their range is above 0 and at most 1");
  }
  if (!(std::min({options.change_prior, options.season_prior, options.regressor_prior}) > 0)) {
    return absl::InvalidArgumentError("priors are above 0");
  }
  for (const FourierSeason& season : options.seasons) {
    if (!(season.days > 0) || season.order < 1) {
      return absl::InvalidArgumentError(absl::StrCat("season '", season.name, "' needs a period and an order above 0"));
    }
  }
  for (const Event& event : options.events) {
    if (event.before < 0 || event.after < 0 || !(event.prior > 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("event '", event.name, "': days around it are at least 0, its prior above"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDays(absl::Span<const double> days, Values values) {
  RETURN_IF_ERROR(CheckSeries({values, {}}));
  if (days.size() != values.size()) return absl::InvalidArgumentError("each value needs its day");
  for (size_t i = 0; i < days.size(); ++i) {
    if (!std::isfinite(days[i]) || (i > 0 && !(days[i] > days[i - 1]))) {
      return absl::InvalidArgumentError(absl::StrCat("day ", i, " does not come after the one before"));
    }
  }
  if (days.size() < 2) return absl::FailedPreconditionError("a trend needs two observations");
  return absl::OkStatus();
}

}  // namespace

// Finds the posterior's mode. Parameters: offset, slope, changes, columns.
class TrendRegressionFitter {
 public:
  TrendRegressionFitter(TrendRegression& model, absl::Span<const double> days, Values values,
                        absl::Span<const Regressor> regressors)
      : model_(model), count_(static_cast<Eigen::Index>(values.size())) {
    PlaceChanges(days);
    lines_ = model_.options_.growth == Growth::kFlat ? 1 : 2 + static_cast<Eigen::Index>(model_.changes_.size());
    size_ = lines_ + static_cast<Eigen::Index>(model_.columns_.size());
    target_.resize(count_);
    for (Eigen::Index i = 0; i < count_; ++i) target_[i] = (values[i] - model_.floor_) / model_.scale_;
    FillDesign(days, regressors);
    constant_ =
        model_.options_.growth != Growth::kLogistic &&
        std::none_of(model_.columns_.begin(), model_.columns_.end(), [](const auto& c) { return c.multiplicative; });
  }

  void Run() {
    Eigen::VectorXd place = Eigen::VectorXd::Zero(size_);
    place[0] = Start();
    // At first every change counts as if it were as large as its prior's scale.
    Eigen::VectorXd bounds = Eigen::VectorXd::Constant(lines_ > 2 ? lines_ - 2 : 0, model_.options_.change_prior);
    Eigen::MatrixXd jacobian, products;
    double variance = NoiseVariance(place), value = Value(place, variance);
    for (int step = 0; step < kMostSteps; ++step) {
      const Eigen::VectorXd errors = target_ - Expected(place);
      if (step == 0 || !constant_) {
        jacobian = Jacobian(place);
        products.setZero(size_, size_);
        products.selfadjointView<Eigen::Lower>().rankUpdate(jacobian.transpose());
      }
      const Eigen::VectorXd weights = Weights(bounds);
      Eigen::MatrixXd curvature = products / variance;
      curvature.diagonal() += weights;
      const Eigen::VectorXd slope = jacobian.transpose() * errors / variance - weights.cwiseProduct(place);
      const Eigen::VectorXd direction = curvature.selfadjointView<Eigen::Lower>().ldlt().solve(slope);
      const double before = value;
      double length = 1;
      Eigen::VectorXd next = place + direction;
      for (; length > 1e-4; length /= 2) {
        next = place + length * direction;
        if (Value(next, variance) < before + 1e-12 * std::abs(before)) break;
      }
      place = next;
      variance = NoiseVariance(place);
      value = Value(place, variance);
      if (lines_ > 2) bounds = place.segment(2, lines_ - 2).cwiseAbs().cwiseMax(kLeastChange);
      if (step > 5 && std::abs(before - value) < kTolerance * (1 + std::abs(value))) break;
    }
    Store(place, variance);
  }

 private:
  void PlaceChanges(absl::Span<const double> days) {
    const TrendRegressionOptions& options = model_.options_;
    if (options.growth == Growth::kFlat) return;
    const int range = static_cast<int>(std::floor(static_cast<double>(days.size()) * options.change_range));
    const int count = std::max(0, std::min(options.change_points, range - 1));
    for (int j = 1; j <= count; ++j) {
      const auto place = static_cast<size_t>(std::nearbyint(static_cast<double>(j) * (range - 1) / count));
      model_.change_times_.push_back(model_.Time(days[place]));
    }
    model_.changes_.assign(model_.change_times_.size(), 0);
  }

  void FillDesign(absl::Span<const double> days, absl::Span<const Regressor> regressors) {
    std::vector<const Regressor*> borrowed;
    for (const Regressor& regressor : regressors) borrowed.push_back(&regressor);
    design_.setZero(count_, size_);
    std::vector<double> row;
    for (Eigen::Index i = 0; i < count_; ++i) {
      const double time = model_.Time(days[i]);
      design_(i, 0) = 1;
      if (lines_ > 1) design_(i, 1) = time;
      for (Eigen::Index j = 2; j < lines_; ++j) design_(i, j) = std::max(0.0, time - model_.change_times_[j - 2]);
      model_.FillRow(days[i], borrowed, static_cast<size_t>(i), row);
      for (size_t c = 0; c < row.size(); ++c) design_(i, lines_ + static_cast<Eigen::Index>(c)) = row[c];
    }
  }

  // A logistic curve starts at the mean.
  double Start() const {
    const double mean = target_.mean();
    if (model_.options_.growth != Growth::kLogistic) return mean;
    const double share = std::clamp(mean * model_.scale_ / (model_.options_.cap - model_.floor_), .01, .99);
    return std::log(share / (1 - share));
  }

  Eigen::VectorXd Trend(const Eigen::VectorXd& place) const {
    return (design_.leftCols(lines_) * place.head(lines_)).unaryExpr([this](double line) {
      return model_.Curve(line);
    });
  }

  // 1 + the multiplicative effects.
  Eigen::VectorXd Factor(const Eigen::VectorXd& place) const {
    Eigen::VectorXd factor = Eigen::VectorXd::Ones(count_);
    for (size_t c = 0; c < model_.columns_.size(); ++c) {
      const Eigen::Index column = lines_ + static_cast<Eigen::Index>(c);
      if (model_.columns_[c].multiplicative) factor += design_.col(column) * place[column];
    }
    return factor;
  }

  Eigen::VectorXd Expected(const Eigen::VectorXd& place) const {
    if (constant_) return design_ * place;
    Eigen::VectorXd expected = Trend(place).cwiseProduct(Factor(place));
    for (size_t c = 0; c < model_.columns_.size(); ++c) {
      const Eigen::Index column = lines_ + static_cast<Eigen::Index>(c);
      if (!model_.columns_[c].multiplicative) expected += design_.col(column) * place[column];
    }
    return expected;
  }

  Eigen::MatrixXd Jacobian(const Eigen::VectorXd& place) const {
    if (constant_) return design_;
    Eigen::MatrixXd jacobian = design_;
    const Eigen::VectorXd trend = Trend(place);
    Eigen::VectorXd steepness = Factor(place);
    if (model_.options_.growth == Growth::kLogistic) {
      const double cap = (model_.options_.cap - model_.floor_) / model_.scale_;
      steepness = steepness.cwiseProduct(trend).cwiseProduct((1 - trend.array() / cap).matrix());
    }
    jacobian.leftCols(lines_).array().colwise() *= steepness.array();
    for (size_t c = 0; c < model_.columns_.size(); ++c) {
      const Eigen::Index column = lines_ + static_cast<Eigen::Index>(c);
      if (model_.columns_[c].multiplicative) jacobian.col(column).array() *= trend.array();
    }
    return jacobian;
  }

  // Second derivatives of the penalty, where that of a change is bounded from above at `bounds`.
  Eigen::VectorXd Weights(const Eigen::VectorXd& bounds) const {
    Eigen::VectorXd weights = Eigen::VectorXd::Constant(size_, 1 / (kTrendPrior * kTrendPrior));
    if (lines_ > 2) weights.segment(2, lines_ - 2) = (bounds * model_.options_.change_prior).cwiseInverse();
    for (size_t c = 0; c < model_.columns_.size(); ++c) {
      weights[lines_ + static_cast<Eigen::Index>(c)] = std::pow(model_.columns_[c].prior, -2);
    }
    return weights;
  }

  // Of most likelihood given the rest: n / s - S / s³ + s / prior² = 0.
  double NoiseVariance(const Eigen::VectorXd& place) const {
    const double sum = (target_ - Expected(place)).squaredNorm(), size = static_cast<double>(count_);
    const double precision = 1 / (kNoisePrior * kNoisePrior);
    const double variance = 2 * sum / (size + std::sqrt(size * size + 4 * precision * sum));
    return std::max(variance, kLeastNoise * kLeastNoise);
  }

  // Minus the logarithm of the posterior.
  double Value(const Eigen::VectorXd& place, double variance) const {
    const Eigen::VectorXd weights = Weights(Eigen::VectorXd::Ones(std::max<Eigen::Index>(lines_ - 2, 0)));
    double value = (target_ - Expected(place)).squaredNorm() / (2 * variance) +
                   static_cast<double>(count_) * std::log(variance) / 2 + variance / (2 * kNoisePrior * kNoisePrior);
    for (Eigen::Index j = 0; j < size_; ++j) {
      value += j >= 2 && j < lines_ ? weights[j] * std::abs(place[j]) : weights[j] * place[j] * place[j] / 2;
    }
    return value;
  }

  void Store(const Eigen::VectorXd& place, double variance) {
    model_.offset_ = place[0];
    model_.slope_ = lines_ > 1 ? place[1] : 0;
    for (size_t j = 0; j < model_.changes_.size(); ++j) model_.changes_[j] = place[2 + static_cast<Eigen::Index>(j)];
    for (size_t c = 0; c < model_.columns_.size(); ++c) {
      model_.columns_[c].coefficient = place[lines_ + static_cast<Eigen::Index>(c)];
    }
    model_.noise_ = std::sqrt(variance);
  }

  TrendRegression& model_;
  Eigen::Index count_, lines_ = 0, size_ = 0;
  bool constant_ = true;  // the derivatives do not depend on the place
  Eigen::VectorXd target_;
  Eigen::MatrixXd design_;
};

void TrendRegression::AddColumns(absl::Span<const double> days, absl::Span<const Regressor> regressors) {
  const double span = days.back() - days.front();
  double step = span;
  for (size_t i = 1; i < days.size(); ++i) step = std::min(step, days[i] - days[i - 1]);
  if (options_.automatic_seasons) {
    if (span >= 730) seasons_.push_back({"yearly", 365.25, 10});
    if (span >= 14 && step < 7) seasons_.push_back({"weekly", 7, 3});
    if (span >= 2 && step < 1) seasons_.push_back({"daily", 1, 4});
  }
  seasons_.insert(seasons_.end(), options_.seasons.begin(), options_.seasons.end());
  const bool multiplicative = options_.form == SeasonForm::kMultiplicative;
  const auto add = [&](const std::string& name, int count, double prior, bool multiplicative) {
    for (int i = 0; i < count; ++i) columns_.push_back({names_.size(), prior, multiplicative});
    names_.push_back(name);
  };
  for (const FourierSeason& season : seasons_) {
    add(season.name, 2 * season.order, options_.season_prior, multiplicative);
  }
  for (const Event& event : options_.events) {
    add(event.name, event.before + event.after + 1, event.prior, multiplicative);
  }
  for (const Regressor& regressor : regressors) {
    add(regressor.name, 1, options_.regressor_prior, false);
    regressor_names_.push_back(regressor.name);
    const std::set<double> different(regressor.values.begin(), regressor.values.end());
    const bool plain = different.size() < 2 || different == std::set<double>{0, 1};
    const double count = static_cast<double>(regressor.values.size());
    double mean = 0, square = 0;
    for (const double value : regressor.values) mean += value / count;
    for (const double value : regressor.values) square += (value - mean) * (value - mean) / count;
    regressor_means_.push_back(plain ? 0 : mean);
    regressor_scales_.push_back(plain || !(square > 0) ? 1 : std::sqrt(square));
  }
}

namespace {

// The absolute error over the steps from `from` on, forecast from those before.
absl::StatusOr<double> ErrorFrom(size_t from, absl::Span<const double> days, Values values,
                                 const TrendRegressionOptions& options, absl::Span<const Regressor> regressors) {
  std::vector<Regressor> past(regressors.begin(), regressors.end()), future = past;
  for (size_t k = 0; k < regressors.size(); ++k) {
    past[k].values.resize(from);
    future[k].values.erase(future[k].values.begin(), future[k].values.begin() + static_cast<ptrdiff_t>(from));
  }
  ASSIGN_OR_RETURN(const TrendRegression model,
                   TrendRegression::Fit(days.first(from), values.first(from), options, past));
  ASSIGN_OR_RETURN(const TrendForecast forecast, model.Predict(days.subspan(from), future));
  return MeanAbsoluteError(values.subspan(from), forecast.prediction.mean);
}

absl::StatusOr<SeasonForm> ChooseForm(absl::Span<const double> days, Values values, TrendRegressionOptions options,
                                      absl::Span<const Regressor> regressors) {
  if (values.size() < 20) return SeasonForm::kAdditive;
  const size_t from = values.size() - values.size() / 10;
  options.form = SeasonForm::kAdditive;
  ASSIGN_OR_RETURN(const double additive, ErrorFrom(from, days, values, options, regressors));
  options.form = SeasonForm::kMultiplicative;
  ASSIGN_OR_RETURN(const double multiplicative, ErrorFrom(from, days, values, options, regressors));
  return multiplicative < .98 * additive ? SeasonForm::kMultiplicative : SeasonForm::kAdditive;
}

}  // namespace

absl::StatusOr<TrendRegression> TrendRegression::Fit(absl::Span<const double> days, Values values,
                                                     const TrendRegressionOptions& options,
                                                     absl::Span<const Regressor> regressors) {
  RETURN_IF_ERROR(CheckOptions(options));
  RETURN_IF_ERROR(CheckDays(days, values));
  RETURN_IF_ERROR(CheckPastRegressors(regressors, values.size()));
  if (options.form == SeasonForm::kAutomatic) {
    TrendRegressionOptions chosen = options;
    ASSIGN_OR_RETURN(chosen.form, ChooseForm(days, values, options, regressors));
    return Fit(days, values, chosen, regressors);
  }
  TrendRegression model;
  model.options_ = options;
  model.first_day_ = days.front();
  model.span_ = days.back() - days.front();
  model.floor_ = options.growth == Growth::kLogistic ? options.floor : 0;
  double size = 0;
  for (const double value : values) size = std::max(size, std::abs(value - model.floor_));
  model.scale_ = size > 0 ? size : 1;
  model.AddColumns(days, regressors);
  TrendRegressionFitter(model, days, values, regressors).Run();
  return model;
}

}  // namespace kontor::forecasting
