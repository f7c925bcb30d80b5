#include "services/recommendations/outcome_store.h"

#include <algorithm>
#include <utility>

#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

double Reward(const Objective& objective, bool clicked, bool carted, bool bought) {
  const double purchase = static_cast<double>(objective.purchase) + objective.margin;
  const double sum = objective.click + objective.cart + purchase;
  if (sum <= 0) return clicked || carted || bought ? 1 : 0;
  return ((clicked ? objective.click : 0) + (carted ? objective.cart : 0) + (bought ? purchase : 0)) / sum;
}

}  // namespace

absl::StatusOr<StrategyOutcomes> ReadStrategyOutcomes(
    postgres::Pool& pool, absl::Time since, absl::Time now,
    const std::map<std::string, std::map<v1::Placement, Objective>>& objectives) {
  postgres::Params params;
  params.Time(since).Time(now);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool.Exec("SELECT shop, placement, context, strategy, clicks > 0, carts > 0, purchases > 0, "
                             "sum(power(0.5, greatest(0, extract(epoch FROM $2 - shown_at)) / 1209600)) "
                             "FROM recommendations.outcomes WHERE shown_at >= $1 AND strategy > 0 "
                             "GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4",
                             params));
  static const Objective& nothing = *new Objective;
  StrategyOutcomes out;
  for (int r = 0; r < rows.rows(); ++r) {
    const std::string shop(rows.Text(r, 0));
    const auto placement = static_cast<v1::Placement>(rows.Int64(r, 1));
    const Objective* objective = &nothing;
    if (const auto of_shop = objectives.find(shop); of_shop != objectives.end()) {
      if (const auto of = of_shop->second.find(placement); of != of_shop->second.end()) objective = &of->second;
    }
    const auto context = static_cast<uint32_t>(rows.Int64(r, 2));
    const auto strategy = static_cast<Strategy>(rows.Int64(r, 3));
    const double times = rows.Double(r, 7);
    out[shop][placement].push_back(
        {context, strategy, times, times * Reward(*objective, rows.Bool(r, 4), rows.Bool(r, 5), rows.Bool(r, 6))});
  }
  return out;
}

absl::StatusOr<std::vector<LoggedChoice>> ReadLoggedChoices(postgres::Pool& pool, const std::string& shop,
                                                            v1::Placement placement, absl::Time start, absl::Time end,
                                                            const Objective& objective) {
  postgres::Params params;
  params.Text(shop).Int64(placement).Time(start).Time(end).Int64(kMostLogged);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool.Exec("SELECT context, strategy, propensity, clicks > 0, carts > 0, purchases > 0 "
                "FROM recommendations.outcomes WHERE shop = $1 AND placement = $2::int2 AND shown_at >= $3 AND "
                "shown_at < $4 AND strategy > 0 AND propensity < 1 ORDER BY shown_at DESC, answer_id LIMIT $5",
                params));
  std::vector<LoggedChoice> log;
  for (int r = 0; r < rows.rows(); ++r) {
    log.push_back({{static_cast<uint32_t>(rows.Int64(r, 0))},
                   static_cast<Strategy>(rows.Int64(r, 1)),
                   rows.Double(r, 2),
                   Reward(objective, rows.Bool(r, 3), rows.Bool(r, 4), rows.Bool(r, 5))});
  }
  return log;
}

}  // namespace kontor::recommendations
