#include "services/forecasting/past_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {

absl::StatusOr<const fleet::Shop*> PastReader::FindShop(absl::string_view id) const {
  const auto found = std::find_if(shops_.begin(), shops_.end(), [&](const fleet::Shop& shop) { return shop.id == id; });
  if (found != shops_.end()) return &*found;
  return base::Error(absl::StatusCode::kNotFound, "SHOP_UNKNOWN",
                     absl::StrCat("shop \"", id, "\" is not in this fleet's configuration"));
}

absl::StatusOr<absl::CivilDay> PastReader::LastWholeDay(const fleet::Shop& shop) const {
  ASSIGN_OR_RETURN(const std::optional<absl::CivilDay> newest, store_.NewestDay(shop));
  if (!newest.has_value()) {
    return base::Error(absl::StatusCode::kNotFound, kReasonSeriesUnknown, "the shop has no orders yet");
  }
  const absl::CivilDay today = absl::ToCivilDay(clock_.Now(), shop.time_zone);
  return std::min(*newest, today - 1);
}

absl::StatusOr<Past> PastReader::Read(const fleet::Shop& shop, const Selection& selection, v1::Grain grain,
                                      v1::Measure measure, std::optional<absl::CivilDay> until) const {
  PastQuestion question;
  question.grain = GrainOr(grain);
  if (measure == v1::MEASURE_REVENUE) question.measure = measure;
  question.product = selection.products.size() == 1;
  if (question.product) {
    ASSIGN_OR_RETURN(question.bulk_units, store_.KnownBulkUnits(shop.id));
  }
  if (until.has_value()) {
    question.until = *until;
  } else {
    ASSIGN_OR_RETURN(question.until, LastWholeDay(shop));
  }
  if (question.measure == v1::MEASURE_REVENUE) {
    ASSIGN_OR_RETURN(question.currency, store_.MainCurrency(shop.id));
  }
  ASSIGN_OR_RETURN(const Market market, market_.ReadDays(shop, question.until));
  question.explained = market.ExplainedDays(selection, question.until);
  return ReadPast(store_, shop, selection, question);
}

}  // namespace kontor::forecasting
