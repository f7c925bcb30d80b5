#include "services/forecasting/settings_store.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"

namespace kontor::forecasting {
namespace {

absl::StatusOr<v1::InventorySettings> ReadRow(const std::string& shop, const postgres::Result& rows) {
  v1::InventorySettings settings;
  if (!settings.ParseFromString(rows.Bytes(0, 1))) {
    return absl::DataLossError(absl::StrCat("the stored ", SettingsName(shop), " cannot be read"));
  }
  settings.set_name(SettingsName(shop));
  settings.set_etag(absl::StrCat(rows.Int64(0, 0)));
  fleet::SetTime(rows.Time(0, 2), *settings.mutable_update_time());
  return settings;
}

}  // namespace

std::string SettingsName(absl::string_view shop) { return absl::StrCat("shops/", shop, "/inventorySettings"); }

absl::StatusOr<v1::InventorySettings> SettingsStore::Load(const std::string& shop) {
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec("SELECT revision, settings, update_time FROM forecasting.inventory_settings WHERE shop = $1",
                 postgres::Params().Text(shop)));
  if (!rows.empty()) return ReadRow(shop, rows);
  v1::InventorySettings settings;
  settings.set_name(SettingsName(shop));
  return settings;
}

absl::StatusOr<v1::InventorySettings> SettingsStore::Replace(const std::string& shop,
                                                             const v1::InventorySettings& settings, absl::Time now) {
  v1::InventorySettings kept;
  *kept.mutable_policy() = settings.policy();
  kept.set_publish_events(settings.publish_events());
  postgres::Params params;
  params.Text(shop).Bytes(kept.SerializeAsString()).Time(now).Text(settings.etag());
  ASSIGN_OR_RETURN(const postgres::Result rows,  // an update finds its row by the etag; an insert comes without one
                   pool_.Exec("INSERT INTO forecasting.inventory_settings AS s (shop, revision, settings, update_time) "
                              "SELECT $1, 1, $2, $3 WHERE $4::text = '' OR EXISTS (SELECT 1 FROM "
                              "forecasting.inventory_settings WHERE shop = $1) ON CONFLICT (shop) DO UPDATE SET "
                              "(revision, settings, update_time) = (s.revision + 1, excluded.settings, "
                              "excluded.update_time) WHERE $4::text IN ('', s.revision::text) "
                              "RETURNING revision, settings, update_time",
                              params));
  if (!rows.empty()) return ReadRow(shop, rows);
  return base::Error(absl::StatusCode::kAborted, kReasonSettingsChanged,
                     absl::StrCat(SettingsName(shop), " has changed since you read it; read it again"));
}

}  // namespace kontor::forecasting
