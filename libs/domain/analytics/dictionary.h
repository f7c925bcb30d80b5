#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace kontor::analytics {

// Strings as dense codes from 0; "" is always 0. Codes never change. Not thread-safe for writers.
class Dictionary {
 public:
  Dictionary() { Intern(""); }
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  uint32_t Intern(absl::string_view text) {
    if (const auto at = codes_.find(text); at != codes_.end()) return at->second;
    const uint32_t code = size();
    codes_.emplace(texts_.emplace_back(text), code);
    return code;
  }
  std::optional<uint32_t> Find(absl::string_view text) const {
    const auto at = codes_.find(text);
    return at == codes_.end() ? std::nullopt : std::optional<uint32_t>(at->second);
  }
  const std::string& Text(uint32_t code) const { return texts_[code]; }
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }

 private:
  std::deque<std::string> texts_;  // a deque: what codes_ points into stays where it is
  absl::flat_hash_map<absl::string_view, uint32_t> codes_;
};

}  // namespace kontor::analytics
