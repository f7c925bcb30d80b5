#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/opensearch/client.h"

namespace kontor::search {

// The node's side of every shop: the script, and an index named by its layout, behind the shop's alias for readers and
// one of its own for writers, so that a process of another layout never writes into it. What is found at the start with
// another layout (version, script, language, kind of vectors) is thrown away and filled again from the log. Ensure is
// for one thread; all else, after its first success, is thread-safe.
class OpenSearchIndices {
 public:
  // `forget` is called before an index is made or thrown away, and must have forgotten, for good, how far the indices
  // are filled.
  OpenSearchIndices(const opensearch::Client& client, const fleet::Fleet& fleet, size_t dimensions,
                    std::function<absl::Status()> forget);

  // Makes what is not there. A few requests. One process at a time makes (an advisory lock): UNAVAILABLE for the
  // others, until they find it made. After the first success an index that a newer process has put behind the alias
  // stays.
  absl::Status Ensure();

  // Of the vectors in the indices; 0 where the node has no k-NN plugin, or there is no encoder.
  size_t dimensions() const { return dimensions_; }
  std::string NameOf(const fleet::Shop& shop) const;
  // Another one whenever the index was made again, by whichever process.
  absl::StatusOr<std::string> MakingOf(const fleet::Shop& shop) const;
  std::string WriteAliasOf(const fleet::Shop& shop) const { return NameOf(shop) + "-writes"; }

 private:
  struct Found {
    bool script = false;
    std::vector<std::string> missing;                          // shops
    std::map<std::string, std::vector<std::string>> outdated;  // indices behind their aliases, by shop
    bool complete() const { return script && missing.empty(); }
  };
  absl::StatusOr<size_t> UsableDimensions() const;
  absl::StatusOr<Found> Look() const;
  absl::Status Make();
  absl::Status MakeIndex(const fleet::Shop& shop, const std::vector<std::string>& outdated) const;

  const opensearch::Client& client_;
  const fleet::Fleet& fleet_;
  const size_t wanted_dimensions_;
  const std::function<absl::Status()> forget_;
  bool settled_ = false;  // Ensure has succeeded
  std::atomic<size_t> dimensions_{0};
};

}  // namespace kontor::search
