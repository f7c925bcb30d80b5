#include "libs/platform/runtime/log.h"

#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/resource_name.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace kontor::runtime {
namespace {

std::atomic<LogLevel> threshold{LogLevel::kInfo};
std::atomic<LogFormat> format{LogFormat::kJson};

std::string& TraceOfThread() {
  thread_local std::string trace_id;
  return trace_id;
}

absl::string_view LevelName(LogLevel level) {
  constexpr std::array<absl::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<size_t>(level)];
}

// JSON escapes for quotes, backslashes and control characters; bytes that are not UTF-8 become \u00xx each.
std::string Escaped(absl::string_view text) {
  const bool utf8 = base::IsValidUtf8(text);
  std::string out;
  out.reserve(text.size() + 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f || (!utf8 && byte >= 0x80)) {
      absl::StrAppendFormat(&out, "\\u%04x", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string Value(const LogField& field) {
  if (NamesSecret(field.key)) return "\"***\"";
  if (!field.quoted) return field.value;
  return absl::StrCat("\"", Escaped(field.value), "\"");
}

std::string JsonLine(LogLevel level, absl::string_view message, LogFields fields) {
  std::string line =
      absl::StrCat("{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::Now(), absl::UTCTimeZone()),
                   "\",\"level\":\"", LevelName(level), "\",\"message\":\"", Escaped(message), "\"");
  if (!CurrentTraceId().empty()) absl::StrAppend(&line, ",\"trace_id\":\"", Escaped(CurrentTraceId()), "\"");
  for (const LogField& field : fields) absl::StrAppend(&line, ",\"", Escaped(field.key), "\":", Value(field));
  return line + "}";
}

std::string ConsoleLine(LogLevel level, absl::string_view message, LogFields fields) {
  std::string line = absl::StrCat(absl::FormatTime("%H:%M:%E3S", absl::Now(), absl::UTCTimeZone()), " ",
                                  absl::AsciiStrToUpper(LevelName(level).substr(0, 4)), " ", Escaped(message));
  for (const LogField& field : fields) absl::StrAppend(&line, " ", Escaped(field.key), "=", Value(field));
  if (!CurrentTraceId().empty()) absl::StrAppend(&line, " trace=", Escaped(CurrentTraceId()).substr(0, 8));
  return line;
}

spdlog::logger& Sink() {
  static auto& logger = *new std::shared_ptr<spdlog::logger>([] {
    auto made = std::make_shared<spdlog::logger>("kontor", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    return made;
  }());
  return *logger;
}

}  // namespace

void SetLogLevel(LogLevel level) { threshold = level; }
void SetLogFormat(LogFormat chosen) { format = chosen; }

std::string FormatLogLine(LogFormat chosen, LogLevel level, absl::string_view message, LogFields fields) {
  return chosen == LogFormat::kJson ? JsonLine(level, message, fields) : ConsoleLine(level, message, fields);
}

void Log(LogLevel level, absl::string_view message, LogFields fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  const std::string line = FormatLogLine(format, level, message, fields);
  Sink().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

ScopedTrace::ScopedTrace(absl::string_view trace_id) : before_(std::exchange(TraceOfThread(), std::string(trace_id))) {}
ScopedTrace::~ScopedTrace() { TraceOfThread() = std::move(before_); }

const std::string& CurrentTraceId() { return TraceOfThread(); }

bool NamesSecret(absl::string_view field_name) {
  const std::string name = absl::AsciiStrToLower(field_name);
  for (absl::string_view word : {"password", "passwd", "secret", "token", "authorization", "api_key", "private_key"}) {
    if (absl::StrContains(name, word)) return !absl::EndsWith(name, "_file") && !absl::EndsWith(name, "page_token");
  }
  return false;
}

}  // namespace kontor::runtime
