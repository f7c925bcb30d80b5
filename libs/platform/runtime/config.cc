#include "libs/platform/runtime/config.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/json_util.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/read_file.h"

namespace kontor::runtime {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kHidden[] = "***";

absl::StatusOr<std::string> ReadWithoutComments(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) {
    return base::Error(absl::StatusCode::kNotFound, "CONFIG_MISSING",
                       absl::StrCat("cannot read the configuration file ", path));
  }
  std::string json;
  for (absl::string_view line : absl::StrSplit(*text, '\n')) {
    if (!absl::StartsWith(absl::StripLeadingAsciiWhitespace(line), "//")) absl::StrAppend(&json, line);
    json += '\n';
  }
  return json;
}

// Calls `edit` with the path, the field and a copy of each string of the message, and writes back what it changed.
template <class Edit>
absl::Status ForEachString(Message& message, const std::string& path, const Edit& edit) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      std::string at = absl::StrCat(path, path.empty() ? "" : ".", field->json_name());
      if (field->is_repeated()) absl::StrAppend(&at, "[", i, "]");
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Message* inner = field->is_repeated() ? reflection->MutableRepeatedMessage(&message, field, i)
                                              : reflection->MutableMessage(&message, field);
        RETURN_IF_ERROR(ForEachString(*inner, at, edit));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        std::string text = field->is_repeated() ? reflection->GetRepeatedString(message, field, i)
                                                : reflection->GetString(message, field);
        RETURN_IF_ERROR(edit(at, *field, text));
        field->is_repeated() ? reflection->SetRepeatedString(&message, field, i, text)
                             : reflection->SetString(&message, field, text);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status FromEnvironment(const std::string& path, const FieldDescriptor&, std::string& text) {
  if (!absl::StartsWith(text, "${") || !absl::EndsWith(text, "}")) return absl::OkStatus();
  const std::string name = text.substr(2, text.size() - 3);
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    return base::Error(
        absl::StatusCode::kFailedPrecondition, "CONFIG_MISSING_VARIABLE",
        absl::StrCat("configuration key ", path, " needs the environment variable ", name, ", which is not set"));
  }
  text = value;
  return absl::OkStatus();
}

// "postgresql://user:secret@host" and "host=… password=secret …".
void HidePasswords(std::string& text) {
  const size_t scheme = text.find("://");
  if (scheme != std::string::npos) {
    const size_t host = text.find('@', scheme);
    const size_t colon = text.find(':', scheme + 3);
    if (host != std::string::npos && colon < host) text.replace(colon + 1, host - colon - 1, kHidden);
  }
  const std::string lower = absl::AsciiStrToLower(text);
  if (const size_t at = lower.find("password="); at != std::string::npos) {
    const size_t begin = at + 9;
    const bool quoted = begin < text.size() && text[begin] == '\'';
    const size_t end = quoted ? text.find('\'', begin + 1) : text.find_first_of(" &", begin);
    text.replace(begin, end == std::string::npos ? end : end - begin + quoted, kHidden);
  }
}

absl::Status Hide(const std::string&, const FieldDescriptor& field, std::string& text) {
  if (NamesSecret(field.name())) {
    text = kHidden;
  } else {
    HidePasswords(text);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LoadConfigInto(const std::string& path, Message& config) {
  ASSIGN_OR_RETURN(const std::string json, ReadWithoutComments(path));
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &config);
  if (!parsed.ok()) {
    const std::string message(parsed.message());
    const bool unknown = absl::StrContains(message, "Cannot find field") || absl::StrContains(message, "no such field");
    return base::Error(absl::StatusCode::kInvalidArgument, unknown ? "CONFIG_UNKNOWN_KEY" : "CONFIG_INVALID",
                       absl::StrCat("configuration file ", path, ": ", message));
  }
  return ForEachString(config, "", FromEnvironment);
}

std::string PrintableConfig(const Message& config) {
  const std::unique_ptr<Message> copy(config.New());
  copy->CopyFrom(config);
  const absl::Status hidden = ForEachString(*copy, "", Hide);
  if (!hidden.ok()) return std::string(hidden.message());
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(*copy, &json, options);
  return printed.ok() ? json : std::string(printed.message());
}

}  // namespace kontor::runtime
