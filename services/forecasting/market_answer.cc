#include "services/forecasting/market_answer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr char kUsualWeather[] = "weather that no forecast on the log covers is the usual one of the day of the year";

std::vector<Promotion> PlannedOf(const v1::Scenario& scenario) {
  std::vector<Promotion> planned;
  for (const v1::PlannedPromotion& promotion : scenario.promotions()) {
    Promotion& out = planned.emplace_back();
    ReadDate(promotion.start_date(), out.first);
    ReadDate(promotion.end_date(), out.last);
    out.products.insert(promotion.product_ids().begin(), promotion.product_ids().end());
    out.discount = promotion.discount_share();
  }
  return planned;
}

const FactorEffect* PromotionEffect(const FactorChoice& choice) {
  const auto found = std::find_if(choice.effects.begin(), choice.effects.end(),
                                  [](const FactorEffect& effect) { return effect.kind == FactorKind::kPromotion; });
  return found == choice.effects.end() ? nullptr : &*found;
}

v1::ForecastFactor FactorFrom(FactorKind kind, const std::string& name, double change, double share) {
  v1::ForecastFactor out;
  out.set_kind(kind == FactorKind::kPromotion  ? v1::ForecastFactor::KIND_PROMOTION
               : kind == FactorKind::kCalendar ? v1::ForecastFactor::KIND_CALENDAR
                                               : v1::ForecastFactor::KIND_WEATHER);
  out.set_title(name);
  out.set_effect_percent(100 * share);
  out.set_change(change);
  return out;
}

}  // namespace

absl::StatusOr<MarketAnswer> AskMarket(MarketStore& store, const MarketQuestion& question) {
  const Past& past = question.past;
  const std::vector<Promotion> planned = PlannedOf(question.scenario);
  ASSIGN_OR_RETURN(const Market market, store.Read(question.shop, question.selection.products,
                                                   LastDay(past.next_step() - 1, past.grain), !planned.empty()));
  MarketAnswer answer;
  answer.planned = !planned.empty();
  const std::vector<Factor> factors = market.FactorsOf(question.selection, past, question.horizon);
  ASSIGN_OR_RETURN(answer.choice, ChooseFactors(past.series(), factors,
                                                {.horizon = question.horizon, .periods = PeriodsOf(past.grain)}));
  const std::vector<FactorEffect>& effects = answer.choice.effects;
  const bool weather = std::any_of(effects.begin(), effects.end(),
                                   [](const FactorEffect& one) { return one.kind == FactorKind::kWeather; });
  answer.usual_weather = weather && market.UsesUsualWeather(question.selection, past, question.horizon);
  const FactorEffect* effect = PromotionEffect(answer.choice);
  if (planned.empty() || effect == nullptr) return answer;
  const std::vector<Factor> with = market.FactorsOf(question.selection, past, question.horizon, planned);
  for (size_t i = past.sold.size(); i < with.front().values.size(); ++i) {
    const double more = with.front().values[i] - factors.front().values[i];
    answer.promotions.push_back(std::min(std::exp(effect->coefficient * more), kMostMultiplier) - 1);
  }
  return answer;
}

void AddPlanned(const MarketAnswer& answer, ScenarioEffect& effect) {
  if (!answer.planned) return;
  if (answer.promotions.empty()) {
    effect.notes.emplace_back(
        "no promotions on the log tell what one does to this series, so that planned ones have no effect");
  } else {
    effect.shares.push_back({kPromotionsFactor, answer.promotions});
  }
}

v1::ForecastFactor FactorFrom(const FactorEffect& effect) {
  return FactorFrom(effect.kind, effect.name, effect.change, effect.share);
}

void TellFactors(const MarketAnswer& answer, v1::ForecastResponse& response) {
  for (const FactorEffect& effect : answer.choice.effects) *response.add_factors() = FactorFrom(effect);
  if (answer.choice.wape) response.set_factors_wape(*answer.choice.wape);
  if (answer.choice.wape_without) response.set_factorless_wape(*answer.choice.wape_without);
  if (answer.usual_weather) response.add_notes(kUsualWeather);
}

void TellFactors(const StoredForecast& forecast, v1::ForecastResponse& response) {
  for (const StoredFactor& factor : forecast.factors) {
    *response.add_factors() =
        FactorFrom(static_cast<FactorKind>(factor.kind), factor.name, factor.change, factor.share);
  }
  if (forecast.factors_wape) response.set_factors_wape(*forecast.factors_wape);
  if (forecast.factorless_wape) response.set_factorless_wape(*forecast.factorless_wape);
  if (forecast.usual_weather) response.add_notes(kUsualWeather);
}

}  // namespace kontor::forecasting
