// References of Swift's objects, as its run time counts them. Swift itself does not let a program ask.
#pragma once

/// How many strong references an object has, of a class or the storage of an array.
long references_of(const void *object);

/// The object with one more reference; NULL where its end has begun.
void *reference_if_alive(const void *object);
