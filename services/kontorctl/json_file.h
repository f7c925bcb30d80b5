#pragma once

#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace kontor::ctl {

// A message written as JSON. NOT_FOUND, or INVALID_ARGUMENT with what is wrong with it.
template <typename Message>
absl::StatusOr<Message> ReadJson(const std::string& path) {
  std::ifstream in(path);
  if (!in) return absl::NotFoundError(absl::StrCat("there is no file ", path));
  std::stringstream text;
  text << in.rdbuf();
  Message message;
  const auto read = google::protobuf::util::JsonStringToMessage(text.str(), &message);
  if (read.ok()) return message;
  return absl::InvalidArgumentError(absl::StrCat(path, " is no ", Message::descriptor()->name(), " as JSON: ",
                                                 absl::string_view(read.message().data(), read.message().size())));
}

}  // namespace kontor::ctl
