#include "libs/domain/forecasting/ets_search.h"

#include <cmath>
#include <limits>

#include "libs/domain/forecasting/minimize.h"

namespace kontor::forecasting {
namespace {

using enum EtsComponent;

constexpr double kLeast = 1e-4, kMost = 0.9999, kLeastDamping = 0.8, kMostDamping = 0.98;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kFloor = 1e-20;  // of the mean squared error of values of size 1
// Where searches start.
constexpr double kQuickLevel = 0.3, kSlowLevel = 0.02, kSlowSeason = 0.05, kQuickSeason = 0.3, kTrend = 0.1,
                 kDamping = 0.95;

}  // namespace

int FreeParameters(const EtsForm& form, int season) {
  return 3 + (form.trend != kNone ? 2 : 0) + (form.damped ? 1 : 0) + (form.season != kNone ? season : 0);
}

EtsSearch::EtsSearch(const EtsForm& form, Values values, int season, double most_beta)
    : form_(form), values_(values), season_(season), most_beta_(most_beta), cost_(kInfinity) {
  trace_.Resize(values.size());
  trend_ = form.trend != kNone;
  seasons_ = form.season != kNone ? static_cast<size_t>(season) : 0;
  Add(kQuickLevel, kLeast, kMost);
  if (trend_) Add(kTrend, kLeast, kMost);
  if (seasons_ > 0) Add(kSlowSeason, kLeast, kMost);
  if (form.damped) Add(kDamping, kLeastDamping, kMostDamping);
  states_ = x_.size();
  AddStates(StartEts(form, values, season));
}

void EtsSearch::Explore() {
  constexpr double kTolerance = 1e-4;
  constexpr int kSteps = 25;
  std::vector<double> other = x_;
  other[0] = kSlowLevel;
  if (seasons_ > 0) other[trend_ ? 2 : 1] = kQuickSeason;
  cost_ = Search(x_, kTolerance, kSteps);
  if (const double cost = Search(other, kTolerance, kSteps); cost < cost_) {
    x_ = other;
    cost_ = cost;
  }
}

void EtsSearch::Polish() {
  constexpr double kTolerance = 1e-7;
  constexpr int kSteps = 100;
  cost_ = Search(x_, kTolerance, kSteps);
}

double EtsSearch::Search(std::vector<double>& x, double tolerance, int iterations) {
  const auto objective = [this](absl::Span<const double> at, absl::Span<double> gradient) {
    return Evaluate(at, gradient);
  };
  SmoothOptions options;
  options.tolerance = tolerance;
  options.first_step = 0.05;
  options.max_iterations = iterations;
  return MinimizeSmooth(objective, lower_, upper_, absl::MakeSpan(x), options).value;
}

void EtsSearch::Add(double x, double lower, double upper) {
  x_.push_back(x);
  lower_.push_back(lower);
  upper_.push_back(upper);
}

void EtsSearch::AddStates(const EtsState& start) {
  Add(start.level, -kInfinity, kInfinity);
  if (trend_) Add(start.growth, form_.trend == kMultiplicative ? 1e-3 : -kInfinity, kInfinity);
  const double least = form_.season == kMultiplicative ? 1e-3 : -kInfinity;
  for (size_t i = 0; i + 1 < seasons_; ++i) Add(start.seasons[i], least, kInfinity);
}

EtsParameters EtsSearch::Unpack(absl::Span<const double> x) const {
  EtsParameters p;
  size_t i = 0;
  p.alpha = x[i++];
  if (trend_) p.beta = std::min(p.alpha, most_beta_) * x[i++];
  if (seasons_ > 0) p.gamma = (1 - p.alpha) * x[i++];
  if (form_.damped) p.phi = x[i];
  return p;
}

EtsState EtsSearch::state(double scale) const {
  EtsState state;
  UnpackState(x_, state);
  state.level *= scale;
  if (form_.trend == kAdditive) state.growth *= scale;
  if (form_.season == kAdditive) {
    for (double& season : state.seasons) season *= scale;
  }
  return state;
}

void EtsSearch::UnpackState(absl::Span<const double> x, EtsState& state) const {
  size_t i = states_;
  state.level = x[i++];
  if (trend_) state.growth = x[i++];
  state.seasons.resize(seasons_);
  double rest = form_.season == kMultiplicative ? static_cast<double>(season_) : 0;
  for (size_t k = 0; k + 1 < seasons_; ++k) {
    state.seasons[k] = x[i++];
    rest -= state.seasons[k];
  }
  if (seasons_ > 0) state.seasons.back() = rest;
}

double EtsSearch::Evaluate(absl::Span<const double> x, absl::Span<double> gradient) {
  const EtsParameters p = Unpack(x);
  UnpackState(x, state_);
  if (!IsAdmissible(form_, p, season_)) return kInfinity;
  const EtsSums sums = RunEts(form_, p, values_, state_, trace_);
  if (!sums.valid) return kInfinity;
  const double n = static_cast<double>(values_.size()), squares = sums.squares + n * kFloor;
  EtsParameters by;
  DifferentiateEts(form_, p, values_, trace_, squares, by, state_);
  Pack(x, by, gradient);
  return n * std::log(squares) + 2 * sums.logs;
}

void EtsSearch::Pack(absl::Span<const double> x, const EtsParameters& by, absl::Span<double> gradient) const {
  size_t i = 0;
  gradient[i++] = by.alpha;
  if (trend_) {
    if (x[0] < most_beta_) gradient[0] += by.beta * x[i];
    gradient[i++] = by.beta * std::min(x[0], most_beta_);
  }
  if (seasons_ > 0) {
    gradient[0] -= by.gamma * x[i];
    gradient[i++] = by.gamma * (1 - x[0]);
  }
  if (form_.damped) gradient[i++] = by.phi;
  gradient[i++] = state_.level;
  if (trend_) gradient[i++] = state_.growth;
  for (size_t k = 0; k + 1 < seasons_; ++k) gradient[i++] = state_.seasons[k] - state_.seasons.back();
}

}  // namespace kontor::forecasting
