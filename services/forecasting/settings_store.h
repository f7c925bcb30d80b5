#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/forecasting/v1/inventory_service.pb.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::forecasting {

namespace v1 = kontor::forecasting::v1;

std::string SettingsName(absl::string_view shop);  // shops/{shop}/inventorySettings

// Table inventory_settings. Errors are the pool's. Thread-safe.
class SettingsStore {
 public:
  explicit SettingsStore(postgres::Pool& pool) : pool_(pool) {}

  // Complete with name and etag; the defaults, with no etag, where none are stored.
  absl::StatusOr<v1::InventorySettings> Load(const std::string& shop);
  // ABORTED (SETTINGS_CHANGED) when `settings` has an etag and what is stored has another or none.
  absl::StatusOr<v1::InventorySettings> Replace(const std::string& shop, const v1::InventorySettings& settings,
                                                absl::Time now);

 private:
  postgres::Pool& pool_;
};

constexpr char kReasonSettingsChanged[] = "SETTINGS_CHANGED";

}  // namespace kontor::forecasting
