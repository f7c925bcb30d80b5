#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace kontor::fleet {

// Encrypts what is personal in a record under a key of the subject, so that destroying the key erases it everywhere.
class Sealer {
 public:
  struct Sealed {
    std::string key_id;  // empty: not sealed
    std::string bytes;
  };
  virtual ~Sealer() = default;
  virtual absl::StatusOr<Sealed> Seal(absl::string_view shop, absl::string_view subject_token,
                                      absl::string_view personal) const = 0;
};

// Leaves the bytes as they are.
class PlainSealer : public Sealer {
 public:
  absl::StatusOr<Sealed> Seal(absl::string_view, absl::string_view, absl::string_view personal) const override {
    return Sealed{"", std::string(personal)};
  }
};

}  // namespace kontor::fleet
