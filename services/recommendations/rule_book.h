#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/snapshot.h"
#include "libs/domain/recommendations/rules.h"
#include "libs/platform/fleet/fleet.h"

namespace kontor::recommendations {

// The rules of a shop that are not disabled. Immutable.
struct RuleSet {
  int64_t version = 0;  // of the stored rules; 0 before the first
  std::vector<Rule> rules;
};

// The rules that each shop is served with, as they were read last. Thread-safe.
class RuleBook {
 public:
  explicit RuleBook(absl::Span<const fleet::Shop> shops) {
    for (const fleet::Shop& shop : shops) {
      shops_.emplace(shop.id, std::make_unique<base::Snapshot<RuleSet>>(std::make_shared<const RuleSet>()));
    }
  }

  // Never null for a shop that is configured; null for others.
  std::shared_ptr<const RuleSet> Get(absl::string_view shop) const {
    const auto found = shops_.find(shop);
    return found == shops_.end() ? nullptr : found->second->Get();
  }
  void Publish(absl::string_view shop, std::shared_ptr<const RuleSet> rules) {
    if (const auto found = shops_.find(shop); found != shops_.end()) found->second->Publish(std::move(rules));
  }

 private:
  absl::flat_hash_map<std::string, std::unique_ptr<base::Snapshot<RuleSet>>> shops_;
};

}  // namespace kontor::recommendations
