#include "services/recommendations/placement_store.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::recommendations {
namespace {

constexpr char kColumns[] = "shop, placement, revision, settings, update_time";

absl::StatusOr<v1::PlacementSettings> ReadRow(const postgres::Result& rows, int r) {
  v1::PlacementSettings settings;
  const auto placement = static_cast<v1::Placement>(rows.Int64(r, 1));
  const std::string name = PlacementName(rows.Text(r, 0), placement);
  if (!settings.ParseFromString(rows.Bytes(r, 3))) {
    return absl::DataLossError(absl::StrCat("the stored settings of ", name, " cannot be read"));
  }
  settings.set_name(name);
  settings.set_etag(absl::StrCat(rows.Int64(r, 2)));
  fleet::SetTime(rows.Time(r, 4), *settings.mutable_update_time());
  return settings;
}

absl::StatusOr<std::map<std::string, std::vector<v1::PlacementSettings>>> ByShop(const postgres::Result& rows) {
  std::map<std::string, std::vector<v1::PlacementSettings>> out;
  for (int r = 0; r < rows.rows(); ++r) {
    ASSIGN_OR_RETURN(v1::PlacementSettings settings, ReadRow(rows, r));
    out[std::string(rows.Text(r, 0))].push_back(std::move(settings));
  }
  return out;
}

std::string BytesOf(const v1::PlacementSettings& settings) {
  v1::PlacementSettings kept;
  kept.set_strategy(settings.strategy());
  if (settings.has_objective()) *kept.mutable_objective() = settings.objective();
  return kept.SerializeAsString();
}

}  // namespace

std::string PlacementName(absl::string_view shop, v1::Placement placement) {
  constexpr absl::string_view kPrefix = "PLACEMENT_";
  const std::string value = v1::Placement_Name(placement);
  const std::string id =
      absl::StrReplaceAll(absl::AsciiStrToLower(absl::string_view(value).substr(kPrefix.size())), {{"_", "-"}});
  return absl::StrCat("shops/", shop, "/placements/", id);
}

v1::Placement PlacementOfName(absl::string_view name, absl::string_view shop) {
  for (int number = v1::Placement_MIN; number <= v1::Placement_MAX; ++number) {
    const auto placement = static_cast<v1::Placement>(number);
    if (v1::Placement_IsValid(number) && placement != v1::PLACEMENT_UNSPECIFIED &&
        name == PlacementName(shop, placement)) {
      return placement;
    }
  }
  return v1::PLACEMENT_UNSPECIFIED;
}

absl::StatusOr<std::map<std::string, std::vector<v1::PlacementSettings>>> PlacementStore::LoadAll() {
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec(absl::StrCat("SELECT ", kColumns, " FROM recommendations.placement_settings ORDER BY 1, 2")));
  return ByShop(rows);
}

absl::StatusOr<std::vector<v1::PlacementSettings>> PlacementStore::Load(const std::string& shop) {
  postgres::Params params;
  params.Text(shop);
  ASSIGN_OR_RETURN(const postgres::Result rows,
                   pool_.Exec(absl::StrCat("SELECT ", kColumns,
                                           " FROM recommendations.placement_settings WHERE shop = $1 ORDER BY 1, 2"),
                              params));
  ASSIGN_OR_RETURN(auto by_shop, ByShop(rows));
  return std::move(by_shop[shop]);
}

absl::StatusOr<v1::PlacementSettings> PlacementStore::Replace(const std::string& shop, v1::Placement placement,
                                                              const v1::PlacementSettings& settings, absl::Time now) {
  postgres::Params params;
  params.Text(shop).Int64(placement).Bytes(BytesOf(settings)).Time(now).Text(settings.etag());
  ASSIGN_OR_RETURN(
      const postgres::Result rows,  // an update finds its row by the etag; an insert comes without one
      pool_.Exec(absl::StrCat("INSERT INTO recommendations.placement_settings AS p "
                              "(shop, placement, revision, settings, update_time) "
                              "SELECT $1, $2::int2, 1, $3, $4 WHERE $5::text = '' OR EXISTS (SELECT 1 FROM "
                              "recommendations.placement_settings WHERE shop = $1 AND placement = $2::int2) "
                              "ON CONFLICT (shop, placement) DO UPDATE SET (revision, settings, update_time) = "
                              "(p.revision + 1, excluded.settings, excluded.update_time) "
                              "WHERE $5::text IN ('', p.revision::text) RETURNING ",
                              kColumns),
                 params));
  if (!rows.empty()) return ReadRow(rows, 0);
  return base::Error(absl::StatusCode::kAborted, kReasonSettingsChanged,
                     absl::StrCat("the settings of ", PlacementName(shop, placement),
                                  " have changed since you read them; read them again"));
}

}  // namespace kontor::recommendations
