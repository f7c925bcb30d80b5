#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "kontor/recommendations/v1/placement_service.pb.h"
#include "libs/base/snapshot.h"
#include "libs/domain/recommendations/objective.h"
#include "libs/domain/recommendations/strategy.h"
#include "libs/platform/fleet/fleet.h"

namespace kontor::recommendations {

// What is in force for one placement. Immutable.
struct PlacementState {
  v1::Strategy strategy = v1::STRATEGY_ENSEMBLE;  // STRATEGY_AUTO: chosen by `policy`
  Objective objective;
  std::string etag;  // of the settings; empty where there are none
  std::shared_ptr<const StrategyPolicy> policy = StrategyPolicy::WithoutOutcomes();
};

using PlacementStates = std::map<v1::Placement, PlacementState>;

// The placements of each shop as they were read last. Thread-safe.
class PlacementBook {
 public:
  explicit PlacementBook(absl::Span<const fleet::Shop> shops) {
    StrategyPolicy::WithoutOutcomes();  // worked out now, not by the first request
    for (const fleet::Shop& shop : shops) {
      shops_.emplace(shop.id, std::make_unique<base::Snapshot<PlacementStates>>(std::make_shared<PlacementStates>()));
    }
  }

  // Of a placement without settings or outcomes: the ensemble, by the ranker's order.
  PlacementState Get(absl::string_view shop, v1::Placement placement) const {
    if (const auto found = shops_.find(shop); found != shops_.end()) {
      const std::shared_ptr<const PlacementStates> states = found->second->Get();
      if (const auto state = states->find(placement); state != states->end()) return state->second;
    }
    return {};
  }
  void Publish(absl::string_view shop, std::shared_ptr<const PlacementStates> states) {
    if (const auto found = shops_.find(shop); found != shops_.end()) found->second->Publish(std::move(states));
  }

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<base::Snapshot<PlacementStates>>> shops_;
};

// On the wire ↔ in the domain; the numbers are the same but for UNSPECIFIED and AUTO, which are kNone.
Strategy StrategyFrom(v1::Strategy strategy);
v1::Strategy StrategyOnWire(Strategy strategy);
Objective ObjectiveFrom(const v1::Objective& objective);

}  // namespace kontor::recommendations
