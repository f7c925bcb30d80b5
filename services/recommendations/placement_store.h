#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/recommendations/v1/placement_service.pb.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::recommendations {

// "shops/{shop}/placements/for-you"
std::string PlacementName(absl::string_view shop, v1::Placement placement);
// PLACEMENT_UNSPECIFIED for anything but such a name of that shop.
v1::Placement PlacementOfName(absl::string_view name, absl::string_view shop);

// Table recommendations.placement_settings. Errors are the pool's. Thread-safe.
class PlacementStore {
 public:
  explicit PlacementStore(postgres::Pool& pool) : pool_(pool) {}

  // Of all shops, by shop and placement, complete with name, etag and time.
  absl::StatusOr<std::map<std::string, std::vector<v1::PlacementSettings>>> LoadAll();
  absl::StatusOr<std::vector<v1::PlacementSettings>> Load(const std::string& shop);

  // Replaces the settings of a placement. ABORTED (SETTINGS_CHANGED) when `settings` has an etag and what is stored has
  // another or none.
  absl::StatusOr<v1::PlacementSettings> Replace(const std::string& shop, v1::Placement placement,
                                                const v1::PlacementSettings& settings, absl::Time now);

 private:
  postgres::Pool& pool_;
};

constexpr char kReasonSettingsChanged[] = "SETTINGS_CHANGED";

}  // namespace kontor::recommendations
