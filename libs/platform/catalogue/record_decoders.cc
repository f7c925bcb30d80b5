#include "libs/platform/catalogue/record_decoders.h"

#include "absl/strings/str_cat.h"
#include "kontor/events/v1/event.pb.h"
#include "libs/base/resource_name.h"
#include "libs/base/status.h"
#include "libs/platform/catalogue/checks.h"

namespace kontor::catalogue {

absl::StatusOr<kontor::events::v1::EventRecord> ReadRecord(absl::string_view bytes) {
  kontor::events::v1::EventRecord record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return base::Error(absl::StatusCode::kInvalidArgument, kReasonRecordBroken, "the bytes are no EventRecord");
  }
  if (!base::IsShopId(record.shop())) return InvalidField("shop", "it is no shop's id");
  if (record.type().empty()) return InvalidField("type", "it is empty");
  return record;
}

std::vector<std::string> AllPayloadTypes() {
  std::vector<std::string> types;
  const auto* payloads = kontor::events::v1::Event::descriptor()->FindOneofByName("payload");
  for (int i = 0; i < payloads->field_count(); ++i) types.push_back(payloads->field(i)->message_type()->full_name());
  return types;
}

absl::Status PayloadBroken(absl::string_view type) {
  return base::Error(absl::StatusCode::kInvalidArgument, kReasonPayloadBroken,
                     absl::StrCat("the payload is no ", type));
}

}  // namespace kontor::catalogue
