#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kontor/events/v1/record.pb.h"

// From bytes on the log to the words of a service, by the type of the payload.
namespace kontor::catalogue {

constexpr char kReasonRecordBroken[] = "RECORD_BROKEN";    // its bytes are no EventRecord
constexpr char kReasonPayloadBroken[] = "PAYLOAD_BROKEN";  // its payload is not of its type

// INVALID_ARGUMENT (RECORD_BROKEN); VALUE_INVALID where it names no shop or type.
absl::StatusOr<kontor::events::v1::EventRecord> ReadRecord(absl::string_view bytes);

// Full names of the payloads of kontor.events.v1 that this binary was built with.
std::vector<std::string> AllPayloadTypes();
absl::Status PayloadBroken(absl::string_view type);

template <typename Out>
using RecordDecoder = absl::Status (*)(const kontor::events::v1::EventRecord& record, Out& out);

// By type; null for those that are not among `Payloads`. Parses the payload and calls `Convert()(payload, record,
// out)`, the type of a lambda without captures. INVALID_ARGUMENT (PAYLOAD_BROKEN), else what it returns.
template <typename Out, typename Convert, typename... Payloads>
absl::flat_hash_map<std::string, RecordDecoder<Out>> DecodersOf() {
  absl::flat_hash_map<std::string, RecordDecoder<Out>> all;
  for (const std::string& type : AllPayloadTypes()) all.emplace(type, nullptr);
  const auto add = [&]<typename Payload>(const Payload*) {
    all[Payload::descriptor()->full_name()] = [](const kontor::events::v1::EventRecord& record, Out& out) {
      Payload payload;
      if (!payload.ParseFromString(record.payload())) return PayloadBroken(Payload::descriptor()->full_name());
      return Convert()(payload, record, out);
    };
  };
  (add(static_cast<const Payloads*>(nullptr)), ...);
  return all;
}

}  // namespace kontor::catalogue
