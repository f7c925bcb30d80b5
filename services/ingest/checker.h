#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "kontor/events/v1/event.pb.h"
#include "libs/base/status.h"

namespace kontor::ingest {

// Checks on single values that collect into one list of violations.
class Checker {
 public:
  explicit Checker(base::Violations& violations) : violations_(violations) {}

  void Add(absl::string_view field, absl::string_view reason, absl::string_view description) {
    violations_.Add(field, reason, description);
  }
  // 1 to 200 bytes of UTF-8 without control characters.
  void Id(absl::string_view field, absl::string_view id);
  // An Id that is no e-mail address, telephone or card number.
  void OpaqueId(absl::string_view field, absl::string_view id);
  // Valid UTF-8 of at most `max_bytes`; may be empty.
  void Text(absl::string_view field, absl::string_view text, size_t max_bytes);
  // Text of at most 2,000 bytes without personal data.
  void FreeText(absl::string_view field, absl::string_view text);
  void Revision(absl::string_view field, int64_t revision);
  void Currency(absl::string_view field, absl::string_view code);
  // Parts of one sign within range; `what` of "price" gives NEGATIVE_PRICE for a negative one.
  void NotNegative(absl::string_view field, absl::string_view what, const kontor::type::v1::Decimal& value);
  void AnySign(absl::string_view field, const kontor::type::v1::Decimal& value);
  // Finite and within [low, high].
  void Number(absl::string_view field, double value, double low, double high);

 private:
  base::Violations& violations_;
};

// The payloads, each by its own rules.
void CheckOrder(const kontor::events::v1::OrderRecorded& order, Checker& check);
void CheckReturn(const kontor::events::v1::ReturnRecorded& ret, Checker& check);
void CheckAdjustment(const kontor::events::v1::AdjustmentRecorded& adjustment, Checker& check);
void CheckBehavior(const kontor::events::v1::Event& event, Checker& check);
// Catalogue, stock, market, identity and campaigns.
void CheckReference(const kontor::events::v1::Event& event, Checker& check);

}  // namespace kontor::ingest
