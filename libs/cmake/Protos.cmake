# Generated code of proto/kontor/**, one library per package: proto/kontor/events/v1 → target proto_kontor_events_v1.
# google.rpc and google.type come from the pinned package that set-up unpacks below var/third_party/protos.
set(KONTOR_PROTO_ROOT ${CMAKE_SOURCE_DIR}/proto)
set(KONTOR_THIRD_PARTY_PROTOS ${CMAKE_SOURCE_DIR}/var/third_party/protos CACHE PATH "google/rpc, google/type, google/api")
set(KONTOR_GENERATED ${CMAKE_BINARY_DIR}/generated)

function(kontor_generate out_sources root file grpc)
  string(REGEX REPLACE "\\.proto$" "" stem ${file})
  set(outputs ${KONTOR_GENERATED}/${stem}.pb.cc ${KONTOR_GENERATED}/${stem}.pb.h)
  set(arguments --cpp_out=${KONTOR_GENERATED})
  if(grpc)
    list(APPEND outputs ${KONTOR_GENERATED}/${stem}.grpc.pb.cc ${KONTOR_GENERATED}/${stem}.grpc.pb.h)
    list(APPEND arguments --grpc_out=${KONTOR_GENERATED} --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN})
  endif()
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${KONTOR_GENERATED}
    COMMAND protobuf::protoc -I ${KONTOR_PROTO_ROOT} -I ${KONTOR_THIRD_PARTY_PROTOS} ${arguments} ${root}/${file}
    DEPENDS ${root}/${file}
    VERBATIM)
  set(${out_sources} ${${out_sources}} ${outputs} PARENT_SCOPE)
endfunction()

# kontor_proto(kontor/events/v1 DEPS proto/kontor/type/v1 [GRPC])
function(kontor_proto package)
  cmake_parse_arguments(ARG "GRPC" "" "DEPS" ${ARGN})
  kontor_target_name(proto/${package} target)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${KONTOR_PROTO_ROOT} ${KONTOR_PROTO_ROOT}/${package}/*.proto)
  set(sources)
  foreach(file ${files})
    set(grpc FALSE)
    if(ARG_GRPC AND file MATCHES "_service\\.proto$")
      set(grpc TRUE)
    endif()
    kontor_generate(sources ${KONTOR_PROTO_ROOT} ${file} ${grpc})
  endforeach()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} SYSTEM PUBLIC ${KONTOR_GENERATED})
  target_compile_options(${target} PRIVATE -w)
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
  if(ARG_GRPC)
    target_link_libraries(${target} PUBLIC gRPC::grpc++)
  endif()
  kontor_link(${target} proto/${package} PUBLIC ${ARG_DEPS})
endfunction()
