#include "libs/domain/forecasting/ets_recursion.h"

#include <cmath>
#include <limits>

namespace kontor::forecasting {
namespace {

using enum EtsComponent;

double Power(double base, double exponent) { return exponent == 1 ? base : std::pow(base, exponent); }

// The sum of logarithms of factors, with a logarithm only when their product leaves the middle of a double's range.
class LogSum {
 public:
  void Add(double factor) {
    product_ *= factor;
    if (product_ > 1e150 || product_ < 1e-150) Take();
  }
  double Value() {
    Take();
    return sum_;
  }

 private:
  void Take() {
    sum_ += std::log(product_);
    product_ = 1;
  }
  double sum_ = 0, product_ = 1;
};

template <EtsComponent kError, EtsComponent kTrend, EtsComponent kSeason>
EtsSums Run(const EtsParameters& p, Values values, EtsState& state, EtsTrace& trace) {
  EtsSums sums;
  LogSum logs;
  const size_t m = kSeason == kNone ? 1 : state.seasons.size();
  double level = state.level, growth = state.growth;
  size_t slot = 0;
  for (size_t t = 0; t < values.size(); ++t) {
    const double season = kSeason == kNone ? 0 : state.seasons[slot];
    const double step = kTrend == kNone ? 0 : kTrend == kAdditive ? p.phi * growth : Power(growth, p.phi);
    const double base = kTrend == kNone ? level : kTrend == kAdditive ? level + step : level * step;
    const double forecast = kSeason == kNone ? base : kSeason == kAdditive ? base + season : base * season;
    trace.level[t] = level, trace.growth[t] = growth, trace.season[t] = season;
    trace.base[t] = base, trace.forecast[t] = forecast;
    if ((kError == kMultiplicative && !(forecast > 0)) || (kSeason == kMultiplicative && !(base > 0 && season > 0)) ||
        (kTrend == kMultiplicative && !(level > 0 && growth > 0))) {
      sums.valid = false;
      return sums;
    }
    const double error = values[t] - forecast;
    const double weighed = kError == kMultiplicative ? error / forecast : error;
    if constexpr (kError == kMultiplicative) logs.Add(forecast);
    sums.squares += weighed * weighed;
    const double adjusted = kSeason == kMultiplicative ? error / season : error;
    if constexpr (kTrend == kAdditive) growth = step + p.beta * adjusted;
    if constexpr (kTrend == kMultiplicative) growth = step + p.beta * adjusted / level;
    if constexpr (kSeason == kAdditive) state.seasons[slot] = season + p.gamma * error;
    if constexpr (kSeason == kMultiplicative) state.seasons[slot] = season + p.gamma * error / base;
    level = base + p.alpha * adjusted;
    if constexpr (kSeason != kNone) slot = slot + 1 == m ? 0 : slot + 1;
  }
  if constexpr (kError == kMultiplicative) sums.logs = logs.Value();
  state.level = level, state.growth = growth;
  sums.valid = std::isfinite(sums.squares) && std::isfinite(sums.logs) && std::isfinite(level);
  return sums;
}

template <EtsComponent kError, EtsComponent kTrend, EtsComponent kSeason>
void Differentiate(const EtsParameters& p, Values values, const EtsTrace& trace, double squares, EtsParameters& by,
                   EtsState& state) {
  const size_t n = values.size(), m = kSeason == kNone ? 1 : state.seasons.size();
  const double factor = 2 * static_cast<double>(n) / squares;
  double by_level = 0, by_growth = 0, alpha = 0, beta = 0, gamma = 0, phi = 0;
  size_t slot = (n - 1) % m;
  for (size_t t = n; t-- > 0;) {
    const double level = trace.level[t], growth = trace.growth[t], season = trace.season[t], base = trace.base[t];
    const double forecast = trace.forecast[t], error = values[t] - forecast;
    const double by_season = kSeason == kNone ? 0 : state.seasons[slot];
    // How far an error moves the level, the growth and the season.
    const double to_level = kSeason == kMultiplicative ? 1 / season : 1;
    const double to_growth = kTrend == kMultiplicative ? to_level / level : to_level;
    const double to_season = kSeason == kMultiplicative ? 1 / base : 1;
    double by_forecast = -factor * error;
    if constexpr (kError == kMultiplicative) {
      const double inverse = 1 / forecast;
      by_forecast = (2 - factor * error * inverse * (1 + error * inverse)) * inverse;
    }
    double by_error = by_level * p.alpha * to_level;
    alpha += by_level * error * to_level;
    if constexpr (kTrend != kNone) {
      by_error += by_growth * p.beta * to_growth;
      beta += by_growth * error * to_growth;
    }
    if constexpr (kSeason != kNone) {
      by_error += by_season * p.gamma * to_season;
      gamma += by_season * error * to_season;
    }
    by_forecast -= by_error;
    double by_base = by_level + by_forecast * (kSeason == kMultiplicative ? season : 1);
    if constexpr (kSeason == kAdditive) state.seasons[slot] = by_season + by_forecast;
    if constexpr (kSeason == kMultiplicative) {
      by_base -= by_season * p.gamma * error * to_season * to_season;
      const double by_divisor = (by_level * p.alpha + (kTrend == kNone ? 0 : by_growth * p.beta * to_growth * season)) *
                                error * to_level * to_level;
      state.seasons[slot] = by_season + by_forecast * base - by_divisor;
    }
    if constexpr (kTrend == kNone) by_level = by_base;
    if constexpr (kTrend == kAdditive) {
      const double by_step = by_base + by_growth;
      by_level = by_base;
      phi += growth * by_step;
      by_growth = p.phi * by_step;
    }
    if constexpr (kTrend == kMultiplicative) {
      const double step = Power(growth, p.phi), by_step = by_base * level + by_growth;
      by_level = by_base * step - by_growth * p.beta * error * to_growth / level;
      phi += by_step * step * std::log(growth);
      by_growth = by_step * p.phi * step / growth;
    }
    if constexpr (kSeason != kNone) slot = slot == 0 ? m - 1 : slot - 1;
  }
  by = {alpha, beta, gamma, phi};
  state.level = by_level, state.growth = by_growth;
}

template <EtsComponent... kParts>
struct Parts {
  static EtsSums RunIt(const EtsParameters& p, Values values, EtsState& state, EtsTrace& trace) {
    return Run<kParts...>(p, values, state, trace);
  }
  static void DifferentiateIt(const EtsParameters& p, Values values, const EtsTrace& trace, double squares,
                              EtsParameters& by, EtsState& state) {
    Differentiate<kParts...>(p, values, trace, squares, by, state);
  }
};

// Calls `visit` with the Parts of the form.
template <EtsComponent kError, EtsComponent kTrend, typename Visit>
auto WithSeason(const EtsForm& form, Visit visit) {
  if (form.season == kNone) return visit(Parts<kError, kTrend, kNone>());
  if (form.season == kAdditive) return visit(Parts<kError, kTrend, kAdditive>());
  return visit(Parts<kError, kTrend, kMultiplicative>());
}

template <EtsComponent kError, typename Visit>
auto WithTrend(const EtsForm& form, Visit visit) {
  if (form.trend == kNone) return WithSeason<kError, kNone>(form, visit);
  if (form.trend == kAdditive) return WithSeason<kError, kAdditive>(form, visit);
  return WithSeason<kError, kMultiplicative>(form, visit);
}

template <typename Visit>
auto WithParts(const EtsForm& form, Visit visit) {
  return form.error == kAdditive ? WithTrend<kAdditive>(form, visit) : WithTrend<kMultiplicative>(form, visit);
}

}  // namespace

void EtsTrace::Resize(size_t n) {
  for (std::vector<double>* part : {&level, &growth, &season, &base, &forecast}) part->resize(n);
}

EtsSums RunEts(const EtsForm& form, const EtsParameters& parameters, Values values, EtsState& state, EtsTrace& trace) {
  return WithParts(form, [&](auto parts) { return parts.RunIt(parameters, values, state, trace); });
}

void DifferentiateEts(const EtsForm& form, const EtsParameters& parameters, Values values, const EtsTrace& trace,
                      double squares_and_floor, EtsParameters& by_parameters, EtsState& by_state) {
  by_state.seasons.assign(by_state.seasons.size(), 0.0);
  WithParts(form, [&](auto parts) {
    parts.DifferentiateIt(parameters, values, trace, squares_and_floor, by_parameters, by_state);
  });
}

bool IsAdmissible(const EtsForm& form, const EtsParameters& parameters, int season) {
  if (form.trend == kNone || form.season == kNone) return true;
  const auto [alpha, beta, gamma, phi] = parameters;
  const size_t degree = static_cast<size_t>(season) + 1;
  // The characteristic polynomial of Hyndman, Akram and Archibald (2008), constant first; Schur-Cohn by degree.
  std::vector<double> a(degree + 1, alpha + beta - alpha * phi);
  a[0] = phi * (1 - alpha - gamma);
  a[1] = alpha + beta - alpha * phi + gamma - 1;
  a[degree - 1] = alpha + beta - phi;
  a[degree] = 1;
  std::vector<double> next(degree);
  for (size_t k = degree; k > 0; --k) {
    const double ratio = a[0] / a[k];
    if (!(std::abs(ratio) < 1)) return false;
    for (size_t i = 0; i < k; ++i) next[i] = a[i + 1] - ratio * a[k - 1 - i];
    std::copy(next.begin(), next.begin() + static_cast<std::ptrdiff_t>(k), a.begin());
  }
  return true;
}

}  // namespace kontor::forecasting
