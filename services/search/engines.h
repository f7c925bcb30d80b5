#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/domain/search/search_engine.h"

namespace kontor::search {

// Which engine answers for a shop. Thread-safe.
class Engines {
 public:
  // Shops that are not in `elsewhere` are answered from their own index.
  explicit Engines(std::map<std::string, std::unique_ptr<const SearchEngine>, std::less<>> elsewhere)
      : elsewhere_(std::move(elsewhere)) {}

  const SearchEngine& Of(absl::string_view shop) const {
    const auto found = elsewhere_.find(shop);
    return found == elsewhere_.end() ? own_ : *found->second;
  }
  // Whether this process holds all of the shop's products itself.
  bool OwnIndex(absl::string_view shop) const { return elsewhere_.find(shop) == elsewhere_.end(); }

 private:
  const OwnEngine own_;
  const std::map<std::string, std::unique_ptr<const SearchEngine>, std::less<>> elsewhere_;
};

}  // namespace kontor::search
