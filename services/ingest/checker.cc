#include "services/ingest/checker.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/base/money.h"
#include "libs/base/resource_name.h"
#include "services/ingest/personal_data.h"

namespace kontor::ingest {
namespace {

void RefusePersonalData(Checker& check, absl::string_view field, absl::string_view text) {
  switch (FindPersonalData(text)) {
    case PersonalData::kNone:
      return;
    case PersonalData::kEmail:
      return check.Add(field, "EMAIL_NOT_ALLOWED",
                       "it holds an e-mail address; those are taken in identity events only");
    case PersonalData::kPhone:
      return check.Add(field, "PHONE_NOT_ALLOWED",
                       "it holds a telephone number; those are taken in identity events only");
    case PersonalData::kCardNumber:
      return check.Add(field, "CARD_NUMBER_NOT_ALLOWED", "it holds a payment card number; never send one");
  }
}

}  // namespace

void Checker::Id(absl::string_view field, absl::string_view id) {
  const absl::Status status = base::CheckId(id);
  if (!status.ok()) Add(field, id.empty() ? "MISSING" : "ID_INVALID", status.message());
}

void Checker::OpaqueId(absl::string_view field, absl::string_view id) {
  Id(field, id);
  RefusePersonalData(*this, field, id);
}

void Checker::Text(absl::string_view field, absl::string_view text, size_t max_bytes) {
  if (!base::IsValidUtf8(text)) Add(field, "UTF8_INVALID", "it is not valid UTF-8; encode it as UTF-8");
  if (text.size() > max_bytes) {
    Add(field, "TEXT_TOO_LONG", absl::StrCat("it has ", text.size(), " bytes; at most ", max_bytes, " are taken"));
  }
}

void Checker::FreeText(absl::string_view field, absl::string_view text) {
  Text(field, text, 2000);
  RefusePersonalData(*this, field, text);
}

void Checker::Revision(absl::string_view field, int64_t revision) {
  if (revision < 0) Add(field, "REVISION_NEGATIVE", "revisions start at 0 and rise");
}

void Checker::Currency(absl::string_view field, absl::string_view code) {
  if (!base::IsCurrency(code)) {
    Add(field, "CURRENCY_UNKNOWN",
        absl::StrCat("\"", absl::CHexEscape(code.substr(0, 20)), "\" is no currency of ISO 4217; write it like GBP"));
  }
}

void Checker::NotNegative(absl::string_view field, absl::string_view what, const kontor::type::v1::Decimal& value) {
  AnySign(field, value);
  if (value.units() < 0 || value.nanos() < 0) {
    std::string reason = absl::StrCat("NEGATIVE_", what);
    absl::AsciiStrToUpper(&reason);
    Add(field, reason, absl::StrCat("the ", what, " is negative; send what came back as return_recorded"));
  }
}

void Checker::AnySign(absl::string_view field, const kontor::type::v1::Decimal& value) {
  const auto decimal = base::Decimal::FromParts(value.units(), value.nanos());
  if (!decimal.ok()) Add(field, "NUMBER_INVALID", decimal.status().message());
}

void Checker::Number(absl::string_view field, double value, double low, double high) {
  if (!std::isfinite(value) || value < low || value > high) {
    Add(field, "NUMBER_INVALID", absl::StrCat("it must be a number from ", low, " to ", high));
  }
}

}  // namespace kontor::ingest
