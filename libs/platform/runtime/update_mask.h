#pragma once

#include <set>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace kontor::runtime {

// Takes over the top-level fields of `mask` from `from` into `into`, two messages of one type: what an update does
// (AIP-134). Without a mask, or with "*", all fields but `kept`, oneofs as a whole. INVALID_ARGUMENT (FIELD_UNKNOWN,
// field update_mask) for paths that are no field or are in `kept`; then `into` is of no use.
absl::Status TakeOver(const google::protobuf::Message& from, const google::protobuf::FieldMask& mask,
                      const std::set<std::string>& kept, google::protobuf::Message& into);

}  // namespace kontor::runtime
